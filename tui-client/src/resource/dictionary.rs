//! The data dictionary (数据字典): the choices that forms offer. `domain-spec.md` §3.10.

use rolo_proto::v1::{self, Kind};

use super::{
    Field, Input, ListQuery, Record, Resource, View,
    bind::{self, Bound, Head, at, both, read},
    calls::calls,
};
use crate::strings::Label;

/// The descriptor.
pub struct Dictionary;

type Row = Bound<v1::DictionaryItem, v1::DictionaryItemInput>;

static TABLE: [Row; COUNT] = ROWS;
const COUNT: usize = 8;
const ROWS: [Row; COUNT] = [
    both(
        Field::text("type", "Type", "类别", 50).alias(&["category"]).write("type").star().once().filter().column(8, 18),
        |m| bind::text(&mut m.r#type),
        |i, v| bind::set_text(&mut i.r#type, v),
    ),
    both(
        Field::text("item", "Item", "条目", 50).alias(&["zh", "text", "中文"]).write("zh").star().column(8, 20),
        |m| bind::text(&mut m.zh),
        |i, v| bind::set_text(&mut i.zh, v),
    ),
    both(
        Field::text("item_en", "English item", "英文条目", 50).alias(&["en", "英文"]).write("en").column(8, 20),
        |m| bind::text(&mut m.en),
        |i, v| bind::set_text(&mut i.en, v),
    ),
    both(
        Field::text("value", "Value", "值", 50).write("value").star().column(4, 12),
        |m| bind::text(&mut m.value),
        |i, v| bind::set_text(&mut i.value, v),
    ),
    both(
        Field::new("position", "Order", "顺序", Input::Int { unit: None })
            .alias(&["排序"])
            .write("position")
            .column(4, 6),
        |m| super::Value::Int(i64::from(m.position)),
        |i, v| bind::set_int32(&mut i.position, v),
    ),
    both(
        Field::new("active", "Offered", "可选", Input::Flag).alias(&["启用"]).write("active").filter().column(4, 8),
        |m| super::Value::Flag(m.active),
        |i, v| bind::set_flag(&mut i.active, v),
    ),
    read(Field::new("editable", "Editable", "是否可编辑", Input::Flag).alias(&["可编辑"]).column(4, 10), |m| {
        super::Value::Flag(m.editable)
    }),
    read(Field::new("id", "Id", "编号", Input::Int { unit: None }), |m| super::Value::Int(m.id)),
];

static FIELDS: [Field; COUNT] = FIELD_ROWS;
const FIELD_ROWS: [Field; COUNT] = bind::fields_of(&ROWS);

static COLUMNS: [usize; 6] = [
    at(&FIELD_ROWS, "type"),
    at(&FIELD_ROWS, "item"),
    at(&FIELD_ROWS, "item_en"),
    at(&FIELD_ROWS, "value"),
    at(&FIELD_ROWS, "active"),
    at(&FIELD_ROWS, "editable"),
];

// The wire has no view enum for the dictionary; these numbers are the client's own.
const ALL: i32 = 0;
const OFFERED: i32 = 1;
const RECYCLE_BIN: i32 = 2;

static VIEWS: [View; 3] = [
    View { code: "all", label: Label::new("All", "全部"), wire: ALL },
    View { code: "active", label: Label::new("Offered", "可选"), wire: OFFERED },
    View { code: "recycle_bin", label: Label::new("Recycle bin", "回收站"), wire: RECYCLE_BIN },
];

fn request(query: &ListQuery) -> v1::ListItemsRequest {
    let view = VIEWS.get(query.view).map_or(ALL, |v| v.wire);
    let mut request = v1::ListItemsRequest {
        r#type: String::new(),
        active_only: view == OFFERED,
        deleted: view == RECYCLE_BIN,
        search: query.search.clone(),
        page_size: query.page_size,
        page_token: query.page_token.clone(),
        export: query.export,
        ..Default::default()
    };
    for condition in &query.conditions {
        match FIELDS.get(condition.field).map_or("", |f| f.name) {
            "type" => request.r#type = bind::first_text(&condition.values),
            "active" => request.active_only |= condition.values.first() == Some(&super::Value::Flag(true)),
            _ => {}
        }
    }
    request
}

/// An entry as the screens see it.
fn record(message: v1::DictionaryItem) -> Record {
    let head = Head {
        kind: Kind::DictionaryItem,
        id: message.id,
        revision: message.revision,
        label: message.zh.clone(),
        allowed: bind::actions(&message.allowed_actions),
        operation_id: message.operation_id,
        warnings: Vec::new(),
    };
    bind::record(&TABLE, head, message)
}

impl Resource for Dictionary {
    fn kind(&self) -> Kind {
        Kind::DictionaryItem
    }

    fn names(&self) -> (&'static str, &'static str) {
        ("dictionary", "dictionaries")
    }

    fn labels(&self) -> (Label, Label) {
        (Label::new("Dictionary entry", "字典条目"), Label::new("Data dictionary", "数据字典"))
    }

    calls! {
        service dictionary;
        list list_items(request) -> ListItemsResponse { items };
        get get_item(|id| v1::GetItemRequest { id });
        create create_item CreateItemRequest { item };
        update update_item UpdateItemRequest { item };
        delete delete_item DeleteItemRequest;
        restore restore_item RestoreItemRequest;
    }
}
