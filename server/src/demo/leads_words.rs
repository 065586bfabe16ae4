//! What opportunities are about, in Chinese and English: titles, plans, results, reasons. `{item}` is a product, `{n}` a
//! quantity.

/// A text and what came of it: a plan step and its result.
type Pair = (&'static str, &'static str);

/// Steps of a development plan, from the first call to the contract.
pub(super) type Steps = [&'static [Pair]; 5];

/// The words of one language.
#[derive(Debug)]
pub(super) struct Words {
    /// What we sell; the same things in the same places in both languages.
    pub(super) items: [&'static str; 10],
    /// Title and description.
    pub(super) leads: &'static [Pair],
    /// What is planned, and what comes of it.
    pub(super) steps: Steps,
    /// Why it was given up: the reason's entry in the dictionary, and words.
    pub(super) lost: &'static [Pair],
}

/// Name in Chinese and English, model, unit in Chinese and English, price in yuan; in the order of [`Words::items`].
pub(super) const PRODUCTS: [([&str; 2], &str, [&str; 2], i64); 10] = [
    (["温度变送器", "Temperature transmitter"], "TT-310", ["台", "pc"], 1_680),
    (["压力传感器", "Pressure sensor"], "PS-100", ["只", "pc"], 960),
    (["电磁流量计", "Flow meter"], "FM-50", ["台", "pc"], 6_400),
    (["控制柜", "Control cabinet"], "CC-800", ["套", "set"], 38_000),
    (["变频器", "Frequency inverter"], "FI-22K", ["台", "pc"], 7_200),
    (["电磁阀", "Solenoid valve"], "SV-15", ["只", "pc"], 420),
    (["PLC模块", "PLC module"], "PM-16", ["块", "pc"], 2_150),
    (["液位计", "Level gauge"], "LG-2", ["台", "pc"], 3_300),
    (["气动执行器", "Pneumatic actuator"], "PA-63", ["台", "pc"], 1_900),
    (["数据采集终端", "Data logger"], "DL-8", ["台", "pc"], 2_880),
];

/// 中文
pub(super) const ZH: Words = Words {
    items: [
        "温度变送器",
        "压力传感器",
        "电磁流量计",
        "控制柜",
        "变频器",
        "电磁阀",
        "PLC模块",
        "液位计",
        "气动执行器",
        "数据采集终端",
    ],
    leads: &[
        ("{item}更换，{n}台", "现用设备超期，计划分两批更换{item}，要求不停产。"),
        ("新产线{item}配套", "二期产线明年投产，{item}约{n}台，正在比选供应商。"),
        ("{item}年度框架采购", "希望签年度框架，按季度供货，看重交期和备件。"),
        ("老车间自动化改造", "两个车间人工抄表，想用{item}接入现有系统。"),
        ("{item}试用{n}台", "技术部建议先试用一个月，合格后批量采购。"),
        ("污水站{item}项目", "环保要求年底前上在线监测，预算已批。"),
        ("出口设备配套{item}", "整机出口东南亚，要求{item}带认证，月用量约{n}台。"),
        ("仓库温湿度监测", "冷库扩建，需要{item}和集中监控画面。"),
    ],
    steps: [
        &[
            ("电话了解需求和预算", "预算已列入年度计划，由设备部负责选型。"),
            ("发公司简介和选型手册", "对方已转技术部，约好下周回话。"),
            ("约时间上门拜访", "同意周三上午见面，技术和采购都在。"),
        ],
        &[
            ("上门看现场，确认工况", "看了两条线，确认量程、接口和防护等级。"),
            ("与技术部开会定参数", "参数已定，要求提供同行业案例。"),
        ],
        &[
            ("提交技术方案", "方案认可，要求补充施工计划。"),
            ("安排样品测试", "样品测试合格，准备询价。"),
            ("邀请来厂参观", "一行三人来访，对检测中心印象很好。"),
        ],
        &[("送报价单", "报价偏高约百分之五，要求再谈。"), ("按新数量重新报价", "数量增加，价格基本接受。")],
        &[
            ("商务谈判，谈付款方式", "付款方式三三三一，已口头同意。"),
            ("送合同文本", "法务在审合同，预计一周。"),
            ("催签合同", "合同已盖章寄出。"),
        ],
    ],
    lost: &[
        ("price", "对方预算只有我方报价的七成，无法接受。"),
        ("competitor", "总部指定了原厂品牌，技术上不再比选。"),
        ("no_need", "项目推迟到后年，需求取消。"),
        ("service", "当地没有服务点，对方担心维修响应。"),
        ("closed_down", "工厂停产清算。"),
        ("price", "竞争对手低价中标，差价两成。"),
    ],
};

/// English
pub(super) const EN: Words = Words {
    items: [
        "temperature transmitters",
        "pressure sensors",
        "flow meters",
        "control cabinets",
        "frequency inverters",
        "solenoid valves",
        "PLC modules",
        "level gauges",
        "pneumatic actuators",
        "data loggers",
    ],
    leads: &[
        ("Replace {n} {item}", "The old ones are past their time; two batches, without stopping the line."),
        ("New line with {item}", "Phase two starts next year; about {n} {item}; three suppliers are compared."),
        ("Yearly agreement for {item}", "Quarterly deliveries; what matters is lead time and spares."),
        ("Retrofit of the old hall", "Meters are still read by hand; {item} shall join the existing system."),
        ("Trial of {n} {item}", "One month on trial, then the whole plant if it works."),
        ("Waste water plant: {item}", "On-line monitoring is due by the end of the year; budget approved."),
        ("{item} for export machines", "Needs certificates; about {n} a month."),
        ("Cold store monitoring", "Extension of the cold store, with {item} and one central screen."),
    ],
    steps: [
        &[
            ("Call about need and budget", "It is in this year's budget; maintenance decides."),
            ("Send company profile and selection guide", "Passed on to the engineers; they call back next week."),
            ("Arrange a visit", "Wednesday morning, engineers and purchasing both there."),
        ],
        &[
            ("Visit the plant", "Saw two lines; ranges, connections and protection are clear."),
            ("Meet the engineers about parameters", "Settled; they want a reference from their trade."),
        ],
        &[
            ("Hand in the proposal", "Accepted; a schedule for the installation is missing."),
            ("Sample on test", "The test went well; they ask for a price."),
            ("Invite them to our works", "Three people came and liked the test centre."),
        ],
        &[
            ("Send the quotation", "Five per cent too dear; they want to talk."),
            ("Quote again for the larger quantity", "More pieces, and the price is nearly agreed."),
        ],
        &[
            ("Negotiate payment", "Agreed by word of mouth: thirty, sixty, ten."),
            ("Send the contract", "With their lawyers, about a week."),
            ("Ask for the signature", "Signed and in the post."),
        ],
    ],
    lost: &[
        ("price", "Their budget is two thirds of our price."),
        ("competitor", "Head office named another make; no more comparison."),
        ("no_need", "The project was put off by two years."),
        ("service", "No service point near them."),
        ("closed_down", "The plant is being closed."),
        ("price", "A competitor was a fifth cheaper in the tender."),
    ],
};
