//! The permissions, what the shipped roles hold, and which permission each RPC asks for. All three are tables.

use rolo_proto::v1::Capability;

use super::Scope;

macro_rules! permissions {
    ($($name:ident = $code:literal),* $(,)?) => {
        /// A right that a role can hold, with a scope.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names say it; the matrix is domain-spec.md §2.2")]
        pub enum Permission { $($name),* }

        impl Permission {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// As the database and error messages name it.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            /// Back from the database; none if this version does not know it.
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|permission| permission.code() == code)
            }
        }
    };
}

permissions! {
    CustomerRead = "customer.read",
    CustomerCreate = "customer.create",
    CustomerEdit = "customer.edit",
    CustomerReassign = "customer.reassign",
    CustomerDelete = "customer.delete",
    CustomerRestore = "customer.restore",
    CustomerMerge = "customer.merge",
    ContactRead = "contact.read",
    ContactWrite = "contact.write",
    InteractionRead = "interaction.read",
    InteractionCreate = "interaction.create",
    InteractionEdit = "interaction.edit",
    OpportunityRead = "opportunity.read",
    OpportunityCreate = "opportunity.create",
    OpportunityEdit = "opportunity.edit",
    OpportunityDelete = "opportunity.delete",
    OpportunityAssign = "opportunity.assign",
    OpportunityDevelop = "opportunity.develop",
    PlanWrite = "plan.write",
    ProductRead = "product.read",
    ProductManage = "product.manage",
    DictionaryRead = "dictionary.read",
    DictionaryManage = "dictionary.manage",
    DictionaryAdd = "dictionary.add",
    Import = "import",
    Export = "export",
    Undo = "undo",
    UserRead = "user.read",
    UserManage = "user.manage",
    AuditRead = "audit.read",
}

/// A role as it is shipped: code, 中文, English, rights. An administrator may change the rights later; these rows are
/// written once, when the database is made. (`domain-spec.md` §2.2 with the additions of `design.md` §4.)
#[derive(Debug)]
pub struct ShippedRole {
    /// The word on the command line.
    pub code: &'static str,
    /// 中文
    pub zh: &'static str,
    /// English
    pub en: &'static str,
    /// What it may do, and how far.
    pub rights: &'static [(Permission, Scope)],
}

use Permission as P;
use Scope::{All, Department, Own};

/// The shipped roles.
pub const ROLES: &[ShippedRole] = &[
    ShippedRole {
        code: "admin",
        zh: "系统管理员",
        en: "System administrator",
        rights: &[
            (P::CustomerRead, All),
            (P::CustomerRestore, All),
            (P::ContactRead, All),
            (P::InteractionRead, All),
            (P::ProductRead, All),
            (P::ProductManage, All),
            (P::DictionaryRead, All),
            (P::DictionaryManage, All),
            (P::DictionaryAdd, All),
            (P::Export, All),
            (P::Undo, All),
            (P::UserRead, All),
            (P::UserManage, All),
            (P::AuditRead, All),
        ],
    },
    ShippedRole {
        code: "supervisor",
        zh: "销售主管",
        en: "Sales supervisor",
        rights: &[
            (P::CustomerRead, All),
            (P::CustomerCreate, Department),
            (P::CustomerEdit, Department),
            (P::CustomerReassign, Department),
            (P::CustomerDelete, Department),
            (P::CustomerRestore, Department),
            (P::CustomerMerge, Department),
            (P::ContactRead, All),
            (P::ContactWrite, Department),
            (P::InteractionRead, All),
            (P::InteractionCreate, All),
            (P::InteractionEdit, Department),
            (P::OpportunityRead, Department),
            (P::OpportunityCreate, Department),
            (P::OpportunityEdit, Department),
            (P::OpportunityDelete, Department),
            (P::OpportunityAssign, Department),
            (P::PlanWrite, Department),
            (P::ProductRead, All),
            (P::ProductManage, All),
            (P::DictionaryRead, All),
            (P::DictionaryAdd, All),
            (P::Import, Department),
            (P::Export, All),
            (P::Undo, Department),
            (P::UserRead, All),
        ],
    },
    ShippedRole {
        code: "manager",
        zh: "客户经理",
        en: "Account manager",
        rights: &[
            (P::CustomerRead, All),
            (P::CustomerCreate, Own),
            (P::CustomerEdit, Own),
            (P::CustomerReassign, Own),
            (P::CustomerDelete, Own),
            (P::CustomerMerge, Own),
            (P::ContactRead, All),
            (P::ContactWrite, Own),
            (P::InteractionRead, All),
            (P::InteractionCreate, All),
            (P::InteractionEdit, Own),
            (P::OpportunityRead, Own),
            (P::OpportunityCreate, Own),
            (P::OpportunityEdit, Own),
            (P::OpportunityDelete, Own),
            (P::OpportunityDevelop, Own),
            (P::PlanWrite, Own),
            (P::ProductRead, All),
            (P::DictionaryRead, All),
            (P::Import, Own),
            (P::Export, All),
            (P::UserRead, All),
        ],
    },
    ShippedRole {
        code: "executive",
        zh: "高管",
        en: "Executive",
        rights: &[(P::CustomerRead, All), (P::ContactRead, All), (P::DictionaryRead, All), (P::UserRead, All)],
    },
    ShippedRole {
        code: "service",
        zh: "客服",
        en: "Service staff",
        rights: &[
            (P::CustomerRead, All),
            (P::ContactRead, All),
            (P::InteractionRead, All),
            (P::InteractionCreate, All),
            (P::InteractionEdit, Own),
            (P::ProductRead, All),
            (P::DictionaryRead, All),
            (P::UserRead, All),
        ],
    },
];

/// What the client may offer, by the right that it needs.
pub const CAPABILITIES: &[(Capability, Permission)] = &[
    (Capability::CustomerRead, P::CustomerRead),
    (Capability::CustomerCreate, P::CustomerCreate),
    (Capability::ContactRead, P::ContactRead),
    (Capability::ContactCreate, P::ContactWrite),
    (Capability::InteractionRead, P::InteractionRead),
    (Capability::InteractionCreate, P::InteractionCreate),
    (Capability::DictionaryRead, P::DictionaryRead),
    (Capability::DictionaryManage, P::DictionaryManage),
    (Capability::DictionaryAdd, P::DictionaryAdd),
    (Capability::Import, P::Import),
    (Capability::Export, P::Export),
    (Capability::UndoOthers, P::Undo),
    (Capability::UserRead, P::UserRead),
    (Capability::AuditRead, P::AuditRead),
    (Capability::RecycleBin, P::CustomerRestore),
    (Capability::OpportunityRead, P::OpportunityRead),
    (Capability::OpportunityCreate, P::OpportunityCreate),
    (Capability::OpportunityAssign, P::OpportunityAssign),
    (Capability::OpportunityDevelop, P::OpportunityDevelop),
    (Capability::ProductRead, P::ProductRead),
    (Capability::ProductManage, P::ProductManage),
];

/// What a call needs before its handler runs. The record itself is checked inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Any session, even one that must change its password first.
    Session,
    /// A session whose person holds the right.
    Needs(Permission),
    /// The owner of the data directory, on the machine itself.
    Host,
}

use Access::{Host, Needs, Public, Session};

/// Every method of the API. A method that is not here is refused, and fails a test.
pub const METHODS: &[(&str, Access)] = &[
    ("/rolo.v1.SessionService/SignIn", Public),
    ("/rolo.v1.SessionService/GetInstance", Public),
    ("/rolo.v1.SessionService/GetSession", Session),
    ("/rolo.v1.SessionService/SignOut", Session),
    ("/rolo.v1.SessionService/SignOutEverywhere", Session),
    ("/rolo.v1.SessionService/ChangePassword", Session),
    ("/rolo.v1.UserService/ListUsers", Needs(P::UserRead)),
    ("/rolo.v1.DictionaryService/ListItems", Needs(P::DictionaryRead)),
    ("/rolo.v1.DictionaryService/GetItem", Needs(P::DictionaryRead)),
    ("/rolo.v1.DictionaryService/CreateItem", Needs(P::DictionaryManage)),
    ("/rolo.v1.DictionaryService/UpdateItem", Needs(P::DictionaryManage)),
    ("/rolo.v1.DictionaryService/DeleteItem", Needs(P::DictionaryManage)),
    ("/rolo.v1.DictionaryService/RestoreItem", Needs(P::DictionaryManage)),
    ("/rolo.v1.CustomerService/ListCustomers", Needs(P::CustomerRead)),
    ("/rolo.v1.CustomerService/CountViews", Needs(P::CustomerRead)),
    ("/rolo.v1.CustomerService/GetCustomer", Needs(P::CustomerRead)),
    ("/rolo.v1.CustomerService/CreateCustomer", Needs(P::CustomerCreate)),
    ("/rolo.v1.CustomerService/UpdateCustomer", Needs(P::CustomerEdit)),
    ("/rolo.v1.CustomerService/DeleteCustomer", Needs(P::CustomerDelete)),
    ("/rolo.v1.CustomerService/RestoreCustomer", Needs(P::CustomerRestore)),
    ("/rolo.v1.CustomerService/PreviewMerge", Needs(P::CustomerMerge)),
    ("/rolo.v1.CustomerService/MergeCustomers", Needs(P::CustomerMerge)),
    ("/rolo.v1.CustomerService/CheckDuplicates", Needs(P::CustomerRead)),
    ("/rolo.v1.CustomerService/ListTimeline", Needs(P::CustomerRead)),
    ("/rolo.v1.ContactService/ListContacts", Needs(P::ContactRead)),
    ("/rolo.v1.ContactService/GetContact", Needs(P::ContactRead)),
    ("/rolo.v1.ContactService/CreateContact", Needs(P::ContactWrite)),
    ("/rolo.v1.ContactService/UpdateContact", Needs(P::ContactWrite)),
    ("/rolo.v1.ContactService/DeleteContact", Needs(P::ContactWrite)),
    ("/rolo.v1.ContactService/RestoreContact", Needs(P::ContactWrite)),
    ("/rolo.v1.InteractionService/ListInteractions", Needs(P::InteractionRead)),
    ("/rolo.v1.InteractionService/GetInteraction", Needs(P::InteractionRead)),
    ("/rolo.v1.InteractionService/CreateInteraction", Needs(P::InteractionCreate)),
    ("/rolo.v1.InteractionService/UpdateInteraction", Needs(P::InteractionEdit)),
    ("/rolo.v1.InteractionService/DeleteInteraction", Needs(P::InteractionEdit)),
    ("/rolo.v1.InteractionService/RestoreInteraction", Needs(P::InteractionEdit)),
    ("/rolo.v1.InteractionService/SettleNextContact", Needs(P::InteractionEdit)),
    ("/rolo.v1.InteractionService/SnoozeNextContact", Needs(P::InteractionEdit)),
    ("/rolo.v1.InteractionService/CountDue", Needs(P::InteractionRead)),
    ("/rolo.v1.OpportunityService/ListOpportunities", Needs(P::OpportunityRead)),
    ("/rolo.v1.OpportunityService/CountOpportunityViews", Needs(P::OpportunityRead)),
    ("/rolo.v1.OpportunityService/GetOpportunity", Needs(P::OpportunityRead)),
    ("/rolo.v1.OpportunityService/CreateOpportunity", Needs(P::OpportunityCreate)),
    ("/rolo.v1.OpportunityService/UpdateOpportunity", Needs(P::OpportunityEdit)),
    ("/rolo.v1.OpportunityService/DeleteOpportunity", Needs(P::OpportunityDelete)),
    ("/rolo.v1.OpportunityService/RestoreOpportunity", Needs(P::OpportunityDelete)),
    ("/rolo.v1.OpportunityService/AssignOpportunity", Needs(P::OpportunityAssign)),
    ("/rolo.v1.OpportunityService/ReassignOpportunity", Needs(P::OpportunityAssign)),
    ("/rolo.v1.OpportunityService/WithdrawOpportunity", Needs(P::OpportunityAssign)),
    ("/rolo.v1.OpportunityService/SucceedOpportunity", Needs(P::OpportunityDevelop)),
    ("/rolo.v1.OpportunityService/FailOpportunity", Needs(P::OpportunityDevelop)),
    ("/rolo.v1.OpportunityService/ReopenOpportunity", Needs(P::OpportunityAssign)),
    ("/rolo.v1.OpportunityService/CheckOpportunity", Needs(P::OpportunityCreate)),
    ("/rolo.v1.OpportunityService/ListAssignees", Needs(P::OpportunityAssign)),
    ("/rolo.v1.OpportunityService/SpreadOpportunities", Needs(P::OpportunityAssign)),
    ("/rolo.v1.OpportunityService/SumOpportunities", Needs(P::OpportunityRead)),
    ("/rolo.v1.OpportunityService/GetBoard", Needs(P::OpportunityRead)),
    ("/rolo.v1.OpportunityService/GetForecast", Needs(P::OpportunityRead)),
    ("/rolo.v1.OpportunityService/ListPlanSteps", Needs(P::OpportunityRead)),
    ("/rolo.v1.OpportunityService/GetPlanStep", Needs(P::OpportunityRead)),
    ("/rolo.v1.OpportunityService/CreatePlanStep", Needs(P::PlanWrite)),
    ("/rolo.v1.OpportunityService/UpdatePlanStep", Needs(P::OpportunityRead)),
    ("/rolo.v1.OpportunityService/DeletePlanStep", Needs(P::PlanWrite)),
    ("/rolo.v1.OpportunityService/RestorePlanStep", Needs(P::PlanWrite)),
    ("/rolo.v1.OpportunityService/CountWork", Needs(P::OpportunityRead)),
    ("/rolo.v1.ProductService/ListProducts", Needs(P::ProductRead)),
    ("/rolo.v1.ProductService/GetProduct", Needs(P::ProductRead)),
    ("/rolo.v1.ProductService/CreateProduct", Needs(P::ProductManage)),
    ("/rolo.v1.ProductService/UpdateProduct", Needs(P::ProductManage)),
    ("/rolo.v1.ProductService/DeleteProduct", Needs(P::ProductManage)),
    ("/rolo.v1.ProductService/RestoreProduct", Needs(P::ProductManage)),
    ("/rolo.v1.WatchService/Watch", Session),
    ("/rolo.v1.WatchService/GetSequence", Session),
    ("/rolo.v1.WatchService/SetPresence", Session),
    ("/rolo.v1.NoticeService/ListNotices", Session),
    ("/rolo.v1.NoticeService/CountUnread", Session),
    ("/rolo.v1.NoticeService/MarkRead", Session),
    ("/rolo.v1.NoticeService/SetFollow", Session),
    ("/rolo.v1.NoticeService/GetFollow", Session),
    ("/rolo.v1.BulkService/PreviewBulk", Session),
    ("/rolo.v1.BulkService/RunBulk", Session),
    ("/rolo.v1.ViewService/ListViews", Session),
    ("/rolo.v1.ViewService/CreateView", Session),
    ("/rolo.v1.ViewService/UpdateView", Session),
    ("/rolo.v1.ViewService/DeleteView", Session),
    ("/rolo.v1.ViewService/RestoreView", Session),
    ("/rolo.v1.OperationService/Undo", Session),
    ("/rolo.v1.OperationService/ListOperations", Session),
    ("/rolo.v1.ImportService/CheckRows", Needs(P::Import)),
    ("/rolo.v1.ImportService/StartImport", Needs(P::Import)),
    ("/rolo.v1.ImportService/WriteRows", Needs(P::Import)),
    ("/rolo.v1.ImportService/FinishImport", Needs(P::Import)),
    ("/rolo.v1.ImportService/GetImport", Needs(P::Import)),
    ("/rolo.v1.ImportService/ListImportFaults", Needs(P::Import)),
    ("/rolo.v1.HostService/AddUser", Host),
    ("/rolo.v1.HostService/DisableUser", Host),
    ("/rolo.v1.HostService/EnableUser", Host),
    ("/rolo.v1.HostService/ResetPassword", Host),
    ("/rolo.v1.HostService/SetRoles", Host),
    ("/rolo.v1.HostService/ListHostUsers", Host),
    ("/rolo.v1.HostService/VerifyAudit", Host),
    ("/rolo.v1.HostService/Backup", Host),
    ("/rolo.v1.HostService/CheckFigures", Host),
    ("/rolo.v1.HostService/Examine", Host),
    ("/grpc.health.v1.Health/Check", Public),
    ("/grpc.health.v1.Health/Watch", Public),
];

/// What a method needs; none if there is no such method.
pub fn access(path: &str) -> Option<Access> {
    METHODS.iter().find(|(method, _)| *method == path).map(|(_, access)| *access)
}
