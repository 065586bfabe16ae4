//! What `rolo --help` says in 简体中文: each command, argument and value of [`super::Cli`] by its key (`rolo_help::Text`).

use rolo_help::Text;

/// The texts.
pub const TEXTS: &[Text] = &[
    ("", "Rolo：终端里的客户关系管理系统。不带命令时打开界面。"),
    // What all or many commands take.
    (".data", "使用该目录中的数据（ROLO_DATA）"),
    (".server", "使用服务器：名称（见 rolo servers）、\nHOST:PORT 或 unix:PATH（ROLO_SERVER）"),
    (".user", "使用该账号，而不是上次登录的账号"),
    (".lang", "消息的语言：zh 或 en"),
    (".lang.en", "英文"),
    (".lang.zh", "简体中文"),
    (".format", "记录的输出格式 [默认：table]"),
    (".format.table", "对齐的列"),
    (".format.json", "每行一个 JSON 对象"),
    (".format.csv", "逗号分隔，带表头"),
    (".format.ids", "每行一个 id"),
    (".json", "同 --format json；\n错误也以 JSON 写到标准错误"),
    (".plain", "不用线条、对齐和符号，便于读屏软件"),
    (".columns", "要输出的字段，用逗号分隔"),
    (".request_id", "为修改命名：同一 id 不会重复修改"),
    (".if_revision", "仅当记录仍是该修订号时才修改"),
    (".kind", "类型：customer、contact、interaction、\nopportunity、step、product、dictionary"),
    (".keys", "id、编号或外部编号；- 表示从标准输入读取"),
    (".limit", "最多这么多条"),
    (".words", "搜索词，以及 字段:值"),
    (".filter", "只要符合条件的：搜索词和 字段=值，\n例如 'level=大客户 region=华北,北京'"),
    (".view", "内置视图：mine、all、recent、no_contact、\nincomplete、lost、unassigned、won、\nrecycle_bin 等"),
    (".sort", "排序字段；前面加 - 为反序"),
    (".assignee", "只看该客户经理的：账号或姓名；可多次给出"),
    // Records.
    ("list", "列出记录：全部匹配，除非用 --limit 限制"),
    (
        "list.kind",
        "要列出的类型：customers、contacts、\ninteractions、opportunities、steps、products、\ndictionaries、users",
    ),
    ("get", "按 id、编号或外部编号查看单条记录"),
    ("get.kind", "类型：customer、contact、interaction、\nopportunity、step、product、dictionary、user"),
    ("create", "新建记录：用 字段=值，或从标准输入读取 JSON"),
    ("create.pairs", "字段=值；contact.字段=值 为客户的首个联系人。\n都不给时从标准输入读取 JSON"),
    ("create.request_id", "为新建命名：同一 id 不会重复新建"),
    ("create.complete", "按完整表单检查全部必填项（★）"),
    ("edit", "修改记录的字段"),
    (
        "edit.arguments",
        "id、编号或外部编号（- 从标准输入读取），\n以及 字段=值；字段= 表示清空。\n不给 字段=值 时从标准输入读取一个 JSON 对象",
    ),
    ("delete", "将记录移入回收站"),
    ("delete.json", "以 JSON 对象输出；错误也写到标准错误"),
    ("restore", "从回收站恢复记录"),
    ("do", "处理记录：指派、撤回、开发成功、开发失败、重新打开、设置字段等"),
    ("do.kind", "类型：customers、contacts、interactions、\nopportunities、products、steps"),
    ("do.deed", "做什么"),
    (".deed.assign", "销售机会（未指派）：指派给客户经理（--to）"),
    (".deed.reassign", "销售机会（已指派）：改派给其他客户经理（--to）"),
    (".deed.withdraw", "销售机会：撤回指派"),
    (".deed.succeed", "销售机会：开发成功，创建或关联客户（--customer）"),
    (".deed.fail", "销售机会：开发失败（--reason、--text）"),
    (".deed.reopen", "开发失败的销售机会：重新打开（--reason）"),
    (".deed.result", "计划项：记录执行效果（--text）"),
    (".deed.settle", "交往记录：完成下次联系"),
    (".deed.snooze", "交往记录：推迟下次联系（--until）"),
    (".deed.set", "设置一个字段（字段=值）"),
    (".deed.delete", "移入回收站"),
    (".deed.restore", "从回收站恢复"),
    (".deed.follow", "关注：他人的修改会通知您"),
    (".deed.unfollow", "取消关注"),
    ("do.arguments", "id 或编号（- 从标准输入读取）；\nset 另需一个 字段=值（字段= 表示清空）"),
    ("do.filter", "不用 id：全部符合条件的，写法同 rolo list"),
    ("do.view", "不用 id：一个内置视图中的全部"),
    ("do.to", "给谁：账号或姓名（assign、reassign）"),
    ("do.reason", "原因：终止原因（fail），\n或重新打开的原因（reopen）"),
    ("do.text", "情况说明（fail），或执行效果（result）"),
    ("do.until", "推迟到何时：2026-12-01、3天后、周五 等（snooze）"),
    ("do.customer", "成为哪个客户：id 或编号；\n不给则为已关联的或新建的客户（succeed）"),
    ("do.expect", "按条件处理时预期的条数；\n相差超过 5 % 则不修改"),
    ("do.dry_run", "只说明涉及哪些记录，不做修改"),
    ("do.json", "以 JSON 对象输出；错误也写到标准错误"),
    ("merge", "将重复的两个客户合并为一个"),
    ("merge.kind", "类型：customers"),
    ("merge.keep", "保留的客户：id、编号或外部编号"),
    ("merge.other", "并入的客户"),
    ("merge.take", "取并入方之值的字段，用逗号分隔；\n保留方为空的字段总是取并入方的值"),
    ("merge.leave", "即使为空也保持原样的字段"),
    ("merge.dry_run", "只说明两者的差别和将转入的内容，不写入"),
    ("merge.json", "以 JSON 对象输出；错误也写到标准错误"),
    // Files.
    ("import", "从 CSV 或 XLSX 文件导入记录；列出和撤销以往的导入"),
    ("import.kind", "各行是什么：customers、contacts、\ninteractions、opportunities、products"),
    ("import.file", "文件：CSV 或 XLSX"),
    ("import.map", "哪一列对应哪个字段：name=公司名称；\ncontact.name=姓名；name=姓+名；name= 表示不导入"),
    ("import.default", "没有对应列或为空的字段取该值"),
    ("import.existing", "如何处理已存在的记录"),
    (".existing.skip", "跳过，记录保持原样"),
    (".existing.update", "更新：写入对应列中不为空的值；NULL 表示清空"),
    (".existing.refuse", "拒绝该行"),
    ("import.create_missing", "自动添加尚不存在的字典条目；\n销售机会还包括产品，以及作为停用账号的指派对象"),
    ("import.dry_run", "只说明将会怎样，不写入"),
    ("import.encoding", "文件编码，猜错时指定：utf-8、utf-16le、gb18030 等"),
    ("import.sheet", "工作簿中的工作表"),
    ("import.delimiter", "CSV 的分隔符；\\t 为制表符"),
    ("import.no_header", "首行不是表头；列用序号表示：--map name=1"),
    ("import.date_order", "形如 03/04/2026 的日期：dmy（日在前）或\nmdy（月在前）"),
    ("import.errors", "未能导入的行写到哪里 [默认：FILE.errors.csv]"),
    ("import.template", "写出供填写的空白工作簿，不导入"),
    ("import.json", "以 JSON 对象输出；错误也写到标准错误"),
    ("import list", "列出自己的导入，最新的在前"),
    ("import list.json", "每行一个 JSON 对象；错误也写到标准错误"),
    ("import undo", "撤销整个导入：此后被修改的先列出，并保留"),
    ("import undo.batch", "导入的编号，见导入结果和 rolo import list"),
    ("import undo.yes", "不再确认"),
    ("import undo.dry_run", "只说明将撤销和保留什么，不写入"),
    ("import undo.json", "以 JSON 对象输出；错误也写到标准错误"),
    ("export", "将列表写入 CSV、XLSX 或 JSON 文件"),
    ("export.kind", "要导出的类型：customers、contacts、\ninteractions、opportunities、products、dictionaries"),
    ("export.output", "文件：.csv、.xlsx 或 .json（每行一个对象）"),
    ("export.labels", "表头用字段的名称，而不是字段的代码"),
    ("export.overwrite", "替换已存在的文件"),
    ("export.json", "以 JSON 对象说明结果；错误也写到标准错误"),
    ("undo", "撤销一次操作；不给编号则为自己最近的一次"),
    ("undo.operation", "操作的编号，修改时会显示；\n不给则为自己最近的一次"),
    ("undo.redo", "重做最近撤销的操作"),
    ("undo.request_id", "为撤销命名：同一 id 不会重复撤销"),
    ("undo.json", "以 JSON 对象输出；错误也写到标准错误"),
    // Figures and what others do.
    ("board", "按阶段列出进行中的销售机会及金额"),
    ("board.json", "每行一个 JSON 对象；错误也写到标准错误"),
    ("board.plain", "不对齐，便于读屏软件"),
    ("forecast", "销售预测：按月列出预期和已成交的金额"),
    ("forecast.json", "每行一个 JSON 对象；错误也写到标准错误"),
    ("forecast.plain", "不对齐，便于读屏软件"),
    ("forecast.from", "起始月份，YYYY-MM [默认：本月]"),
    ("forecast.months", "几个月"),
    ("watch", "实时显示修改，直到中断"),
    ("watch.kind", "只看该类型；可多次给出"),
    ("watch.after", "从该修改（sequence）之后开始，而不是从现在"),
    ("watch.json", "每行一个 JSON 对象；错误也写到标准错误"),
    ("notices", "列出通知：指派给自己的、所关注记录的修改"),
    ("notices.unread", "只看未读的"),
    ("notices.mark_read", "将列出的全部标为已读"),
    ("notices.json", "每行一个 JSON 对象；错误也写到标准错误"),
    // Where, and who.
    ("join", "用管理员给的连接码加入网络上的服务器"),
    ("join.code", "连接码，由 rolod tls show 显示"),
    ("join.name", "服务器在本机的名称，用于 --server NAME\n[默认：其主机名的第一段]"),
    ("servers", "列出网络上的服务器；选择默认的、移除一个"),
    ("servers.json", "每行一个 JSON 对象"),
    ("servers default", "未指明时使用该服务器"),
    ("servers default.name", "其名称"),
    ("servers forget", "移除服务器：其设置、证书和登录用户"),
    ("servers forget.name", "其名称，或 HOST:PORT"),
    ("login", "登录并保留会话"),
    ("login.password_file", "首行为密码的文件（ROLO_PASSWORD_FILE）"),
    ("login.new_password_file", "首行为新密码的文件，须修改一次性密码时使用"),
    ("logout", "退出登录"),
    ("logout.everywhere", "结束该账号在所有机器上的会话"),
    ("whoami", "当前登录的用户及所在的服务器"),
    ("whoami.json", "以 JSON 对象输出"),
    ("demo", "用临时的演示数据试用"),
    ("demo.role", "以哪个角色开始"),
    (".role.admin", "系统管理员"),
    (".role.supervisor", "销售主管"),
    (".role.manager", "客户经理"),
    (".role.executive", "高管"),
    (".role.service", "客服"),
    ("completions", "生成命令行补全脚本"),
    ("completions.shell", "哪种 shell"),
];

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::{cli::Cli, text::Measure};

    /// tui.md 12: nothing of the help stays English, and no text is left over.
    #[test]
    fn every_command_argument_and_value_has_its_chinese_text_and_no_text_is_left_over() {
        assert_eq!(rolo_help::gaps(&Cli::command(), TEXTS), [""; 0]);
    }

    /// Clap breaks lines at blanks only, of which Chinese has none.
    #[test]
    fn the_chinese_help_fits_into_80_columns() {
        let mut wide = Vec::new();
        let command = rolo_help::in_chinese(Cli::command().term_width(80), TEXTS);
        look_at(command, &mut wide);
        assert_eq!(wide, [""; 0]);
    }

    fn look_at(mut command: clap::Command, wide: &mut Vec<String>) {
        let both = [command.render_help().to_string(), command.render_long_help().to_string()];
        let lines = both.iter().flat_map(|help| help.lines());
        wide.extend(lines.filter(|line| Measure::default().width(line) > 80).map(str::to_owned));
        for one in command.get_subcommands() {
            look_at(one.clone(), wide);
        }
    }
}
