//! Products (产品): the catalogue that opportunities refer to. `domain-spec.md` §3.7.

use futures::future::BoxFuture;
use rolo_proto::v1::{self, Kind};

use super::{
    Field, Input, Link, ListQuery, Record, Resource, Value, View,
    bind::{self, Bound, Head, at, both, read},
    calls::calls,
};
use crate::{
    data::{Client, Failure},
    strings::Label,
};

/// The descriptor.
pub struct Products;

type Row = Bound<v1::Product, v1::ProductInput>;

static TABLE: [Row; COUNT] = ROWS;
const COUNT: usize = 12;
const ROWS: [Row; COUNT] = [
    both(
        Field::text("name", "Name", "名称", 200)
            .alias(&["product", "product name", "产品", "产品名称"])
            .write("name")
            .star()
            .column(12, 30),
        |m| bind::text(&mut m.name),
        |i, v| bind::set_text(&mut i.name, v),
    ),
    both(
        Field::text("model", "Model", "型号", 100).alias(&["产品型号"]).write("model").column(6, 14),
        |m| bind::text(&mut m.model),
        |i, v| bind::set_text(&mut i.model, v),
    ),
    both(
        Field::text("batch", "Batch", "批次", 100).alias(&["等级/批次"]).write("batch").column(6, 12),
        |m| bind::text(&mut m.batch),
        |i, v| bind::set_text(&mut i.batch, v),
    ),
    both(
        Field::text("unit", "Unit", "单位", 10).write("unit").column(4, 8),
        |m| bind::text(&mut m.unit),
        |i, v| bind::set_text(&mut i.unit, v),
    ),
    both(
        Field::new("price", "Price", "单价", Input::Money).alias(&["unit price"]).write("price").column(8, 14),
        |m| bind::money(m.price),
        |i, v| bind::set_money(&mut i.price, v),
    ),
    both(
        Field::text("memo", "Memo", "备注", 200).alias(&["note", "notes"]).write("memo").column(8, 20),
        |m| bind::text(&mut m.memo),
        |i, v| bind::set_text(&mut i.memo, v),
    ),
    both(
        Field::new("active", "Offered", "可选", Input::Flag).alias(&["启用"]).write("active").filter().column(4, 8),
        |m| Value::Flag(m.active),
        |i, v| bind::set_flag(&mut i.active, v),
    ),
    both(
        Field::text("external_id", "External id", "外部编号", 100)
            .alias(&["product id", "外部ID"])
            .write("external_id")
            .column(6, 14),
        |m| bind::text(&mut m.external_id),
        |i, v| bind::set_text(&mut i.external_id, v),
    ),
    read(Field::new("created_at", "Created at", "创建时间", Input::Time).column(8, 16), |m| {
        bind::time(m.created_at)
    }),
    read(Field::new("updated_at", "Changed at", "修改时间", Input::Time).alias(&["updated"]).column(8, 16), |m| {
        bind::time(m.updated_at)
    }),
    read(Field::new("deleted_at", "Deleted at", "删除时间", Input::Time).column(8, 16), |m| {
        bind::time(m.deleted_at)
    }),
    read(Field::new("id", "Id", "编号", Input::Int { unit: None }), |m| Value::Int(m.id)),
];

static FIELDS: [Field; COUNT] = FIELD_ROWS;
const FIELD_ROWS: [Field; COUNT] = bind::fields_of(&ROWS);

static COLUMNS: [usize; 6] = [
    at(&FIELD_ROWS, "name"),
    at(&FIELD_ROWS, "model"),
    at(&FIELD_ROWS, "batch"),
    at(&FIELD_ROWS, "unit"),
    at(&FIELD_ROWS, "price"),
    at(&FIELD_ROWS, "active"),
];

// The wire has no view enum for products; these numbers are the client's own.
const ALL: i32 = 0;
const OFFERED: i32 = 1;
const RECYCLE_BIN: i32 = 2;

static VIEWS: [View; 3] = [
    View { code: "active", label: Label::new("Offered", "可选"), wire: OFFERED },
    View { code: "all", label: Label::new("All", "全部"), wire: ALL },
    View { code: "recycle_bin", label: Label::new("Recycle bin", "回收站"), wire: RECYCLE_BIN },
];

/// The request of a query; what bulk actions are asked for too.
pub fn request(query: &ListQuery) -> v1::ListProductsRequest {
    let view = VIEWS.get(query.view).map_or(ALL, |v| v.wire);
    let mut request = v1::ListProductsRequest {
        search: query.search.clone(),
        ids: query.ids.clone(),
        active_only: view == OFFERED,
        deleted: view == RECYCLE_BIN,
        page_size: query.page_size,
        page_token: query.page_token.clone(),
        export: query.export,
    };
    for condition in &query.conditions {
        if FIELDS.get(condition.field).is_some_and(|f| f.name == "active") {
            request.active_only |= condition.values.first() == Some(&Value::Flag(true));
        }
    }
    request
}

fn record(message: v1::Product) -> Record {
    let parts = [message.name.as_str(), &message.model, &message.batch];
    let head = Head {
        kind: Kind::Product,
        id: message.id,
        revision: message.revision,
        label: parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" "),
        allowed: bind::actions(&message.allowed_actions),
        operation_id: message.operation_id,
        warnings: Vec::new(),
    };
    bind::record(&TABLE, head, message)
}

/// A product as another record refers to it.
pub fn value(product: v1::ProductRef) -> Value {
    if product.id == 0 {
        return Value::Absent;
    }
    Value::Link(Link { kind: Kind::Product, id: product.id, label: product.name })
}

impl Resource for Products {
    /// By id, else by external id.
    fn find<'a>(&'a self, client: &'a Client, key: &'a str) -> BoxFuture<'a, Result<Record, Failure>> {
        let key = key.trim();
        let id = key.parse().unwrap_or(0);
        let external_id = if id == 0 { key.to_owned() } else { String::new() };
        let request = v1::GetProductRequest { id, external_id };
        Box::pin(async move {
            client.call(request, |c, r| async move { c.products().get_product(r).await }).await.map(record)
        })
    }

    fn kind(&self) -> Kind {
        Kind::Product
    }

    fn names(&self) -> (&'static str, &'static str) {
        ("product", "products")
    }

    fn labels(&self) -> (Label, Label) {
        (Label::new("Product", "产品"), Label::new("Products", "产品"))
    }

    calls! {
        service products;
        list list_products(request) -> ListProductsResponse { products };
        get get_product(|id| v1::GetProductRequest { id, ..Default::default() });
        create create_product CreateProductRequest { product };
        update update_product UpdateProductRequest { product };
        delete delete_product DeleteProductRequest;
        restore restore_product RestoreProductRequest;
    }
}
