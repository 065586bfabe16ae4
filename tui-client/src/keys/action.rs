//! Everything a key or the palette can do. One name serves binding, palette, help and log.

use crate::strings::Label;

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident $name:literal $en:literal $zh:literal;)+) => {
        /// Something that can be done now, here.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Action {
            $($(#[$doc])* $variant,)+
        }

        impl Action {
            /// All of them, in the order of the help.
            pub const ALL: &'static [Action] = &[$(Action::$variant,)+];

            /// The name in the keymap file.
            pub const fn name(self) -> &'static str {
                match self { $(Action::$variant => $name,)+ }
            }

            /// What a person reads.
            pub const fn label(self) -> Label {
                match self { $(Action::$variant => Label::new($en, $zh),)+ }
            }
        }
    };
}

actions! {
    /// The row above.
    Up "up" "up" "上";
    /// The row below.
    Down "down" "down" "下";
    /// To the left.
    Left "left" "left" "左";
    /// To the right.
    Right "right" "right" "右";
    /// A screenful up.
    PageUp "page-up" "page up" "上翻页";
    /// A screenful down.
    PageDown "page-down" "page down" "下翻页";
    /// Half a screenful up.
    HalfUp "half-page-up" "half page up" "上翻半页";
    /// Half a screenful down.
    HalfDown "half-page-down" "half page down" "下翻半页";
    /// The first row.
    Top "top" "first" "首行";
    /// The last row.
    Bottom "bottom" "last" "末行";
    /// Opens what is under the cursor.
    Open "open" "open" "打开";
    /// Leaves, or clears what can be cleared first.
    Back "back" "back" "返回";
    /// Leaves; at the root, ends the program.
    Quit "quit" "quit" "退出";
    /// A new record.
    New "new" "new" "新建";
    /// Changes the record.
    Edit "edit" "edit" "编辑";
    /// A new interaction with the customer.
    Interaction "interaction" "interaction" "交往";
    /// A new contact of the customer.
    NewContact "new-contact" "contact" "联系人";
    /// Gives the customer to a manager.
    Assign "assign" "assign" "指派";
    /// Makes one of two customers.
    Merge "merge" "merge" "合并";
    /// The next contact took place.
    Done "done" "done" "完成";
    /// Moves the next contact.
    Snooze "snooze" "snooze" "推迟";
    /// Into the recycle bin.
    Delete "delete" "delete" "删除";
    /// Out of the recycle bin.
    Restore "restore" "restore" "恢复";
    /// Filters this list.
    Find "find" "find" "查找";
    /// Sorts by a column.
    Sort "sort" "sort" "排序";
    /// A saved view.
    View "view" "view" "视图";
    /// Marks the row and moves on.
    Select "select" "select" "选择";
    /// Marks from here to where the cursor goes.
    SelectRange "select-range" "select range" "区间选择";
    /// Marks all that match.
    SelectAll "select-all" "select all" "全选";
    /// Copies a field.
    Copy "copy" "copy" "复制";
    /// Writes the list to a file.
    Export "export" "export" "导出";
    /// Brings records in from a file.
    Import "import" "import" "导入";
    /// The last action again, on this row.
    Repeat "repeat" "repeat" "重复";
    /// Takes back what I did last.
    Undo "undo" "undo" "撤销";
    /// Does again what was taken back.
    Redo "redo" "redo" "重做";
    /// Loads again.
    Refresh "refresh" "refresh" "刷新";
    /// The next tab.
    NextTab "next-tab" "next tab" "下一页签";
    /// The tab before.
    PrevTab "previous-tab" "previous tab" "上一页签";
    /// The next field.
    NextField "next-field" "next" "下一项";
    /// The field before.
    PrevField "previous-field" "previous" "上一项";
    /// Takes what is there and goes on.
    Accept "accept" "accept" "确定";
    /// Saves.
    Save "save" "save" "保存";
    /// Throws the draft away.
    DiscardDraft "discard-draft" "discard draft" "放弃草稿";
    /// To the customers.
    GoCustomers "go-customers" "customers" "客户";
    /// To the contacts.
    GoContacts "go-contacts" "contacts" "联系人";
    /// To the interactions.
    GoInteractions "go-interactions" "interactions" "交往记录";
    /// To the opportunities.
    GoOpportunities "go-opportunities" "opportunities" "销售机会";
    /// To the products.
    GoProducts "go-products" "products" "产品";
    /// To what is due.
    GoToday "go-today" "today" "今日";
    /// What was typed and not saved.
    Drafts "drafts" "drafts" "草稿";
    /// The screen before.
    ScreenBefore "screen-before" "screen before" "上一屏";
    /// Back through history.
    HistoryBack "history-back" "history back" "后退";
    /// Forward through history.
    HistoryForward "history-forward" "history forward" "前进";
    /// Every command.
    Palette "palette" "command" "命令";
    /// The keys valid now.
    Help "help" "help" "帮助";
    /// The other language.
    Language "language" "中文" "English";
    /// A new password.
    ChangePassword "change-password" "change password" "修改密码";
    /// Ends the session.
    SignOut "sign-out" "sign out" "退出登录";
    /// Tries the failed call again.
    Retry "retry" "retry" "重试";
    /// Draws everything anew.
    Redraw "redraw" "redraw" "重绘";
    /// To the shell; `fg` comes back.
    Suspend "suspend" "suspend" "挂起";
}

impl Action {
    /// The action of this name.
    pub fn named(name: &str) -> Option<Action> {
        Self::ALL.iter().copied().find(|a| a.name() == name)
    }
}
