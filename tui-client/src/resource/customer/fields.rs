//! The fields of a customer: labels, other names, columns, and how each is read and written.

use rolo_proto::v1;

use crate::{
    resource::{
        Field, FixedItem, Input, Value,
        bind::{self, Bound, at, both, read},
    },
    strings::Label,
};

/// Organisation or person.
pub(super) const PARTY: &[FixedItem] = &[
    FixedItem { code: "organisation", label: Label::new("organisation", "企业"), wire: 1, symbol: "" },
    FixedItem { code: "person", label: Label::new("person", "个人"), wire: 2, symbol: "" },
];

/// The states.
pub(super) const STATUS: &[FixedItem] = &[
    FixedItem { code: "normal", label: Label::new("normal", "正常"), wire: 1, symbol: "●" },
    FixedItem { code: "lost", label: Label::new("lost", "流失"), wire: 2, symbol: "×" },
    FixedItem { code: "deleted", label: Label::new("deleted", "删除"), wire: 3, symbol: "-" },
];

const WAN: Option<Label> = Some(Label::new("10,000", "万元"));

type Row = Bound<v1::Customer, v1::CustomerInput>;

/// The fields with how they are read and written.
pub(super) static TABLE: [Row; COUNT] = ROWS;
const COUNT: usize = 36;
const ROWS: [Row; COUNT] = [
    read(
        Field::text("no", "Customer number", "客户编号", 17)
            .alias(&["number", "编号", "customer_no"])
            .filter()
            .column(11, 13)
            .sort('#'),
        |m| bind::text(&mut m.no),
    ),
    both(
        Field::text("name", "Name", "名称", 100)
            .alias(&[
                "customer_name",
                "company",
                "company_name",
                "customer",
                "客户名称",
                "客户",
                "公司",
                "公司名称",
                "企业名称",
                "单位名称",
            ])
            .write("name")
            .star()
            .filter()
            .column(12, 36)
            .sort('n'),
        |m| bind::text(&mut m.name),
        |i, v| bind::set_text(&mut i.name, v),
    ),
    both(
        Field::new("party", "Kind", "客户性质", Input::Fixed(PARTY))
            .alias(&["性质", "party type"])
            .write("party")
            .filter()
            .column(4, 12),
        |m| bind::fixed(PARTY, m.party),
        |i, v| bind::set_fixed(PARTY, &mut i.party, v),
    ),
    both(
        Field::new("region", "Region", "地区", Input::Choice { dictionary: "region" })
            .alias(&["区域", "客户地区"])
            .write("region_id")
            .star()
            .filter()
            .column(4, 10)
            .sort('r'),
        |m| bind::choice(&mut m.region),
        |i, v| bind::set_ref(&mut i.region_id, v),
    ),
    both(
        Field::new("manager", "Account manager", "客户经理", Input::User)
            .alias(&["manager_name", "owner", "经理", "负责人"])
            .write("manager_id")
            .star()
            .filter()
            .column(6, 10),
        |m| bind::user(&mut m.manager),
        |i, v| bind::set_ref(&mut i.manager_id, v),
    ),
    both(
        Field::new("level", "Customer level", "客户等级", Input::Choice { dictionary: "customer_level" })
            .alias(&["等级", "级别", "grade"])
            .write("level_id")
            .star()
            .filter()
            .column(6, 14)
            .sort('l'),
        |m| bind::choice(&mut m.level),
        |i, v| bind::set_ref(&mut i.level_id, v),
    ),
    both(
        Field::new("classification", "Classification", "分类", Input::Choice { dictionary: "classification" })
            .alias(&["客户分类"])
            .write("classification_id")
            .filter()
            .column(4, 12),
        |m| bind::choice(&mut m.classification),
        |i, v| bind::set_ref(&mut i.classification_id, v),
    ),
    both(
        Field::new("satisfaction", "Satisfaction", "客户满意度", Input::Stars)
            .alias(&["满意度"])
            .write("satisfaction")
            .filter()
            .column(5, 10)
            .sort('s'),
        |m| bind::stars(m.satisfaction),
        |i, v| bind::set_stars(&mut i.satisfaction, v),
    ),
    both(
        Field::new("credit", "Credit", "客户信用度", Input::Stars)
            .alias(&["信用度", "credit rating"])
            .write("credit")
            .filter()
            .column(5, 10)
            .sort('c'),
        |m| bind::stars(m.credit),
        |i, v| bind::set_stars(&mut i.credit, v),
    ),
    both(
        Field::text("address", "Address", "地址", 300)
            .alias(&["客户地址", "联系地址"])
            .write("address")
            .star()
            .column(10, 30),
        |m| bind::text(&mut m.address),
        |i, v| bind::set_text(&mut i.address, v),
    ),
    both(
        Field::text("zip", "Post code", "邮政编码", 10)
            .alias(&["postal code", "zip code", "邮编"])
            .write("zip")
            .column(6, 8),
        |m| bind::text(&mut m.zip),
        |i, v| bind::set_text(&mut i.zip, v),
    ),
    both(
        Field::new("tel", "Telephone", "电话", Input::Phone { max: 50 })
            .alias(&["phone", "telephone number", "phone number", "联系电话", "电话号码", "客户电话"])
            .write("tel")
            .star()
            .filter()
            .column(8, 16),
        |m| bind::text(&mut m.tel),
        |i, v| bind::set_text(&mut i.tel, v),
    ),
    both(
        Field::new("fax", "Fax", "传真", Input::Phone { max: 50 }).write("fax").column(8, 16),
        |m| bind::text(&mut m.fax),
        |i, v| bind::set_text(&mut i.fax, v),
    ),
    both(
        Field::text("website", "Website", "网址", 50)
            .alias(&["web", "url", "homepage", "网站", "主页"])
            .write("website")
            .column(10, 20),
        |m| bind::text(&mut m.website),
        |i, v| bind::set_text(&mut i.website, v),
    ),
    both(
        Field::text("legal_person", "Legal person", "法人", 50)
            .alias(&["法定代表人", "法人代表"])
            .write("legal_person")
            .column(6, 10),
        |m| bind::text(&mut m.legal_person),
        |i, v| bind::set_text(&mut i.legal_person, v),
    ),
    both(
        Field::text("usc_code", "Unified credit code", "统一社会信用代码", 18)
            .alias(&["usc", "信用代码"])
            .write("usc_code")
            .column(18, 18),
        |m| bind::text(&mut m.usc_code),
        |i, v| bind::set_text(&mut i.usc_code, v),
    ),
    both(
        Field::text("licence_no", "Licence number", "营业执照注册号", 50)
            .alias(&["license no", "注册号"])
            .write("licence_no")
            .column(10, 16),
        |m| bind::text(&mut m.licence_no),
        |i, v| bind::set_text(&mut i.licence_no, v),
    ),
    both(
        Field::new("capital", "Registered capital", "注册资金", Input::Int { unit: WAN })
            .alias(&["注册资本", "注册资金（万元）"])
            .write("capital")
            .column(6, 12),
        |m| bind::int(m.capital),
        |i, v| bind::set_int(&mut i.capital, v),
    ),
    both(
        Field::new("turnover", "Annual turnover", "年营业额", Input::Int { unit: WAN })
            .alias(&["营业额", "年营业额（万元）"])
            .write("turnover")
            .column(6, 12),
        |m| bind::int(m.turnover),
        |i, v| bind::set_int(&mut i.turnover, v),
    ),
    both(
        Field::text("bank", "Bank of deposit", "开户银行", 200)
            .alias(&["bank name", "开户行"])
            .write("bank")
            .column(8, 20),
        |m| bind::text(&mut m.bank),
        |i, v| bind::set_text(&mut i.bank, v),
    ),
    both(
        Field::text("bank_account", "Bank account", "银行帐号", 50)
            .alias(&["account number", "银行账号", "帐号"])
            .write("bank_account")
            .column(8, 20),
        |m| bind::text(&mut m.bank_account),
        |i, v| bind::set_text(&mut i.bank_account, v),
    ),
    both(
        Field::text("local_tax_no", "Local tax number", "地税登记号", 50).write("local_tax_no").column(8, 16),
        |m| bind::text(&mut m.local_tax_no),
        |i, v| bind::set_text(&mut i.local_tax_no, v),
    ),
    both(
        Field::text("national_tax_no", "National tax number", "国税登记号", 50).write("national_tax_no").column(8, 16),
        |m| bind::text(&mut m.national_tax_no),
        |i, v| bind::set_text(&mut i.national_tax_no, v),
    ),
    both(
        Field::text("external_id", "External id", "外部编号", 100)
            .alias(&["customer_id", "external no", "外部ID"])
            .write("external_id")
            .filter()
            .column(6, 14),
        |m| bind::text(&mut m.external_id),
        |i, v| bind::set_text(&mut i.external_id, v),
    ),
    both(
        Field::text("tags", "Tags", "标签", 300).alias(&["tag"]).write("tags").column(6, 16),
        |m| bind::text(&mut m.tags),
        |i, v| bind::set_text(&mut i.tags, v),
    ),
    read(
        Field::new("status", "Status", "状态", Input::Fixed(STATUS))
            .alias(&["state", "客户状态"])
            .filter()
            .column(6, 8),
        |m| bind::fixed(STATUS, m.status),
    ),
    read(
        Field::new("last_contact_at", "Last contact", "最近联系", Input::Time)
            .alias(&["最近联系时间", "上次联系时间"])
            .column(8, 16)
            .sort('t'),
        |m| bind::time(m.last_contact_at),
    ),
    read(
        Field::new("next_contact_at", "Next contact", "下次联系", Input::Time)
            .alias(&["下次联系时间", "回访日期"])
            .column(8, 16),
        |m| bind::time(m.next_contact_at),
    ),
    read(Field::new("missing", "Incomplete", "待完善", Input::List).alias(&["missing fields"]).column(6, 20), |m| {
        bind::list(&mut m.missing)
    }),
    read(Field::new("created_at", "Created at", "创建时间", Input::Time).filter().column(8, 16).sort('a'), |m| {
        bind::time(m.created_at)
    }),
    read(Field::new("created_by", "Created by", "创建人", Input::User).column(6, 10), |m| {
        bind::user(&mut m.created_by)
    }),
    read(
        Field::new("updated_at", "Changed at", "修改时间", Input::Time).alias(&["updated"]).column(8, 16).sort('u'),
        |m| bind::time(m.updated_at),
    ),
    read(Field::new("deleted_at", "Deleted at", "删除时间", Input::Time).column(8, 16), |m| {
        bind::time(m.deleted_at)
    }),
    read(Field::new("merged_into", "Merged into", "已并入", Input::Customer), |m| {
        bind::customer(&mut m.merged_into)
    }),
    read(Field::new("former", "Merged from", "曾并入", Input::LongText { max: 4_000 }), |m| {
        bind::text(&mut m.former)
    }),
    read(Field::new("id", "Id", "内部编号", Input::Int { unit: None }), |m| Value::Int(m.id)),
];

/// The fields.
pub(super) static FIELDS: [Field; COUNT] = FIELD_ROWS;
const FIELD_ROWS: [Field; COUNT] = bind::fields_of(&ROWS);

/// The columns of the list.
pub(super) static COLUMNS: [usize; 8] = [
    at(&FIELD_ROWS, "no"),
    at(&FIELD_ROWS, "name"),
    at(&FIELD_ROWS, "status"),
    at(&FIELD_ROWS, "region"),
    at(&FIELD_ROWS, "manager"),
    at(&FIELD_ROWS, "level"),
    at(&FIELD_ROWS, "last_contact_at"),
    at(&FIELD_ROWS, "missing"),
];
