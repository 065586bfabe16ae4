//! What `rolod --help` says in 简体中文: each command and argument of [`super::args::Cli`] by its key (`rolo_help::Text`).

use rolo_help::Text;

/// The texts.
pub(super) const TEXTS: &[Text] = &[
    ("", "Rolo 服务器"),
    // What several commands take.
    (".data", "数据目录"),
    (".name", "账号"),
    (".password_file", "存有密码的文件；不给则生成一次性密码并显示"),
    (".display_name", "姓名"),
    (".hosts", "其他机器访问本机的地址：\n名称或 IP[:端口]，默认为本机名称和 7656；可多次给出"),
    ("init", "创建公司的数据库"),
    ("init.admin", "首个用户的账号，\n同时担任系统管理员、销售主管和客户经理"),
    ("init.display_name", "首个用户的姓名"),
    ("init.admin_only", "首个用户只担任系统管理员"),
    ("init.company", "公司名称"),
    ("init.time_zone", "公司的时区"),
    ("init.currency", "公司的货币，此后不能更改"),
    ("init.language", "公司的语言：zh 或 en"),
    ("init.tls", "同时创建证书，以便通过网络使用，并显示连接码"),
    ("serve", "提供数据目录的服务，直到被停止"),
    (
        "serve.listen",
        "同时在此监听；可多次给出：unix:路径，或 地址:端口（0.0.0.0:7656）：\n\
         有证书时加密，没有证书时只能是本机回环地址；\n或 plain:地址:端口：本机回环地址，不加密",
    ),
    ("serve.cert", "证书及其与 CA 之间的证书，PEM 格式，代替目录自带的证书"),
    ("serve.key", "--cert 的私钥，PEM 格式"),
    ("serve.reflection", "向询问者说明 API"),
    ("tls", "数据目录的证书，由客户端固定"),
    ("tls init", "创建证书，显示其指纹和连接码"),
    ("tls show", "再次显示指纹和连接码；地址可用 --host 指定"),
    ("user", "管理用户账号"),
    ("user add", "新增账号"),
    (
        "user add.roles",
        "角色：admin 系统管理员、supervisor 销售主管、\nmanager 客户经理、executive 高管、service 客服；\n可多次给出",
    ),
    ("user add.password_file", "存有密码的文件，该密码无须再改；\n不给则生成一次性密码并显示"),
    ("user add.department", "部门，写作 A/B；缺少的自动创建"),
    ("user add.superior", "上级的账号"),
    ("user add.email", "邮箱"),
    ("user add.phone", "电话"),
    ("user add.code", "销售代码：两个字母加四位数字"),
    ("user disable", "停用账号，并结束其会话"),
    ("user enable", "重新启用账号"),
    ("user reset", "重设账号的密码，并结束其会话"),
    ("user roles", "更换账号的角色：admin、supervisor、manager、executive、service"),
    ("user roles.roles", "角色；可多次给出"),
    ("user list", "列出账号"),
    ("audit", "安全审计日志"),
    ("audit verify", "重新计算审计日志的全部哈希值"),
    ("backup", "将数据库（运行中亦可）备份到新文件，并校验备份"),
    ("backup.file", "要写入的文件"),
    ("figures", "重新计算保存的统计数字并比较"),
    ("figures.repair", "修正不一致的数字"),
    ("doctor", "检查数据安全的各个方面并说明该做什么；有问题时退出码为 1"),
    ("doctor.json", "每行一个 JSON 对象"),
];

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::{super::args::Cli, *};

    /// tui.md 12: nothing of the help stays English, and no text is left over.
    #[test]
    fn every_command_and_argument_has_its_chinese_text_and_no_text_is_left_over() {
        assert_eq!(rolo_help::gaps(&Cli::command(), TEXTS), [""; 0]);
    }

    /// Clap breaks lines at blanks only, of which Chinese has none.
    #[test]
    fn the_chinese_help_fits_into_80_columns() {
        assert_eq!(rolo_help::too_wide(Cli::command(), TEXTS), [""; 0]);
    }
}
