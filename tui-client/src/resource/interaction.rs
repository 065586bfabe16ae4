//! Interactions (交往记录): calls, visits and messages, and the next contact agreed. `domain-spec.md` §3.5, D4.

use rolo_proto::v1::{self, DueView, InteractionSort as Sort, Kind};

use super::{
    Field, Input, ListQuery, Record, Resource, View,
    bind::{self, Bound, Head, at, both, read},
    calls::calls,
};
use crate::strings::Label;

/// The descriptor.
pub struct Interactions;

type Row = Bound<v1::Interaction, v1::InteractionInput>;

static TABLE: [Row; COUNT] = ROWS;
const COUNT: usize = 17;
const ROWS: [Row; COUNT] = [
    both(
        Field::new("customer_no", "Customer", "客户", Input::Customer)
            .alias(&["customer number", "customer id", "customer name", "company", "客户编号", "客户名称", "公司名称"])
            .write("customer_id")
            .star()
            .once()
            .filter()
            .column(10, 26),
        |m| bind::customer(&mut m.customer),
        |i, v| bind::set_id(&mut i.customer_id, v),
    ),
    both(
        Field::new("at", "Time", "时间", Input::Time)
            .alias(&["date", "日期", "交往时间", "visit time"])
            .write("at")
            .star()
            .filter()
            .column(8, 16)
            .sort('t'),
        |m| bind::time(m.at),
        |i, v| bind::set_at(&mut i.at, v),
    ),
    both(
        Field::new("channel", "Channel", "方式", Input::Choice { dictionary: "channel" })
            .alias(&["渠道", "交往方式", "联系方式"])
            .write("channel_id")
            .filter()
            .column(4, 8),
        |m| bind::choice(&mut m.channel),
        |i, v| bind::set_ref(&mut i.channel_id, v),
    ),
    both(
        Field::new("contact", "Contact", "联系人", Input::Contact)
            .alias(&["contact name"])
            .write("contact_id")
            .column(6, 12),
        |m| bind::contact(&mut m.contact),
        |i, v| bind::set_ref(&mut i.contact_id, v),
    ),
    both(
        Field::text("title", "Summary", "概要", 500)
            .alias(&["subject", "主题", "标题"])
            .write("title")
            .star()
            .column(12, 40),
        |m| bind::text(&mut m.title),
        |i, v| bind::set_text(&mut i.title, v),
    ),
    both(
        Field::new("detail", "Details", "详细信息", Input::LongText { max: 2000 })
            .alias(&["description", "内容", "详情"])
            .write("detail")
            .column(12, 40),
        |m| bind::text(&mut m.detail),
        |i, v| bind::set_text(&mut i.detail, v),
    ),
    both(
        Field::text("place", "Place", "地点", 200).alias(&["location", "交往地点"]).write("place").column(6, 16),
        |m| bind::text(&mut m.place),
        |i, v| bind::set_text(&mut i.place, v),
    ),
    both(
        Field::new("memo", "Memo", "备注", Input::LongText { max: 300 })
            .alias(&["note", "notes"])
            .write("memo")
            .column(8, 20),
        |m| bind::text(&mut m.memo),
        |i, v| bind::set_text(&mut i.memo, v),
    ),
    both(
        Field::new("next_contact_at", "Next contact", "下次联系时间", Input::Time)
            .alias(&["下次联系", "回访日期", "next contact time", "return visit date"])
            .write("next_contact_at")
            .column(8, 16)
            .sort('x'),
        |m| bind::time(m.next_contact_at),
        |i, v| bind::set_time(&mut i.next_contact_at, v),
    ),
    both(
        Field::text("external_id", "External id", "外部编号", 100)
            .alias(&["外部ID"])
            .write("external_id")
            .column(6, 14),
        |m| bind::text(&mut m.external_id),
        |i, v| bind::set_text(&mut i.external_id, v),
    ),
    read(
        Field::new("author", "Author", "记录人", Input::User).alias(&["created by", "创建人"]).filter().column(6, 10),
        |m| bind::user(&mut m.author),
    ),
    read(Field::new("due", "Due", "待联系", Input::Flag).column(4, 6), |m| super::Value::Flag(m.due)),
    read(Field::new("settled_at", "Settled at", "办结时间", Input::Time).column(8, 16), |m| {
        bind::time(m.settled_at)
    }),
    read(Field::new("created_at", "Created at", "创建时间", Input::Time).column(8, 16), |m| {
        bind::time(m.created_at)
    }),
    read(
        Field::new("updated_at", "Changed at", "修改时间", Input::Time).alias(&["updated"]).column(8, 16).sort('u'),
        |m| bind::time(m.updated_at),
    ),
    read(Field::new("deleted_at", "Deleted at", "删除时间", Input::Time).column(8, 16), |m| {
        bind::time(m.deleted_at)
    }),
    read(Field::new("id", "Id", "编号", Input::Int { unit: None }), |m| super::Value::Int(m.id)),
];

static FIELDS: [Field; COUNT] = FIELD_ROWS;
const FIELD_ROWS: [Field; COUNT] = bind::fields_of(&ROWS);

static COLUMNS: [usize; 6] = [
    at(&FIELD_ROWS, "at"),
    at(&FIELD_ROWS, "customer_no"),
    at(&FIELD_ROWS, "channel"),
    at(&FIELD_ROWS, "title"),
    at(&FIELD_ROWS, "author"),
    at(&FIELD_ROWS, "next_contact_at"),
];

// Views of due contacts have the numbers of the wire; the others are the client's own.
const ALL: i32 = 0;
const MINE: i32 = 100;
const RECYCLE_BIN: i32 = 101;

static VIEWS: [View; 7] = [
    View { code: "mine", label: Label::new("Mine", "我的"), wire: MINE },
    View { code: "all", label: Label::new("All", "全部"), wire: ALL },
    View { code: "today", label: Label::new("Due today", "今日待联系"), wire: DueView::Today as i32 },
    View { code: "overdue", label: Label::new("Overdue", "已逾期"), wire: DueView::Overdue as i32 },
    View { code: "next_7_days", label: Label::new("Next 7 days", "未来7天"), wire: DueView::Next7Days as i32 },
    View { code: "due", label: Label::new("All due", "全部待联系"), wire: DueView::Any as i32 },
    View { code: "recycle_bin", label: Label::new("Recycle bin", "回收站"), wire: RECYCLE_BIN },
];

fn filter(query: &ListQuery) -> v1::InteractionFilter {
    let view = VIEWS.get(query.view).map_or(ALL, |v| v.wire);
    let due = if view < MINE { view } else { 0 };
    let mut filter = v1::InteractionFilter {
        customer_id: query.parent_id,
        search: query.search.clone(),
        due,
        // What is due is due for somebody: the views show one's own, as the counts of the Today screen do.
        mine: view == MINE || due != 0,
        deleted: view == RECYCLE_BIN,
        ..Default::default()
    };
    for condition in &query.conditions {
        let values = &condition.values;
        match FIELDS.get(condition.field).map_or("", |f| f.name) {
            "customer_no" => filter.customer_id = bind::ids(values).first().copied().unwrap_or(0),
            "author" => {
                filter.author_ids = bind::ids(values);
                filter.mine = false;
            }
            "channel" => filter.channel_ids = bind::ids(values),
            "at" => (filter.at_from, filter.at_to) = bind::range(values),
            _ => {}
        }
    }
    filter
}

fn sort(field: Option<usize>) -> Sort {
    match field.and_then(|i| FIELDS.get(i)).map_or("", |f| f.name) {
        "at" => Sort::At,
        "next_contact_at" => Sort::NextContactAt,
        "updated_at" => Sort::UpdatedAt,
        _ => Sort::Unspecified,
    }
}

fn request(query: &ListQuery) -> v1::ListInteractionsRequest {
    v1::ListInteractionsRequest {
        filter: Some(filter(query)),
        order_by: sort(query.sort).into(),
        descending: query.descending,
        page_size: query.page_size,
        page_token: query.page_token.clone(),
        with_total: query.with_total,
        export: query.export,
    }
}

/// An interaction as the screens see it; also used where another reply carries one.
pub fn record(message: v1::Interaction) -> Record {
    let head = Head {
        kind: Kind::Interaction,
        id: message.id,
        revision: message.revision,
        label: message.title.clone(),
        allowed: bind::actions(&message.allowed_actions),
        operation_id: message.operation_id,
        warnings: Vec::new(),
    };
    bind::record(&TABLE, head, message)
}

impl Resource for Interactions {
    fn kind(&self) -> Kind {
        Kind::Interaction
    }

    fn names(&self) -> (&'static str, &'static str) {
        ("interaction", "interactions")
    }

    fn labels(&self) -> (Label, Label) {
        (Label::new("Interaction", "交往记录"), Label::new("Interactions", "交往记录"))
    }

    calls! {
        service interactions;
        list list_interactions(request) -> ListInteractionsResponse { interactions, total };
        get get_interaction(|id| v1::GetInteractionRequest { id });
        create create_interaction CreateInteractionRequest { interaction, full_form };
        update update_interaction UpdateInteractionRequest { interaction };
        delete delete_interaction DeleteInteractionRequest;
        restore restore_interaction RestoreInteractionRequest;
    }
}
