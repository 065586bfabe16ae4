//! Effects as data: what `update` asks for and the runtime does. A call carries nothing but values, so it can be made
//! again as it was, under the same request id.

use rolo_proto::v1::{self, Choice, ContactRef, CustomerRef, Duplicate, Kind, Total, UserRef};
use secrecy::SecretString;

use super::connection::FirstPerson;
use crate::{
    data::{
        Failure,
        drafts::{Draft, DraftKey, Found},
        importer::{self, Cancel},
        opportunity::{Move, Won},
    },
    resource::{Changes, Link, ListQuery, Page, Record, WriteOptions, filter::Filter, parse::Locale},
    strings::Lang,
};

/// Names a screen for as long as it lives.
pub type ScreenId = u64;
/// Names a call; also its generation: a newer call of the same slot makes an older one stale.
pub type CallId = u64;

/// Which of a screen's calls this is. A screen has at most one call a slot in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Slot {
    /// Rows of the n-th list of the screen.
    Rows(u8),
    /// The filter of the n-th list, being understood.
    Filter(u8),
    /// Counts beside the views.
    Counts,
    /// What the rows add up to.
    Sum,
    /// What the right pane shows.
    Preview,
    /// The record itself.
    Record,
    /// A form being saved.
    Save,
    /// What somebody else has changed in what is saved.
    Theirs,
    /// Who has this name or phone already.
    Duplicates,
    /// What a picker offers.
    Choices,
    /// A decision on a record.
    Act,
    /// What lies behind a tab.
    Tab(u8),
    /// Signing in, and who is signed in.
    Session,
    /// Long work on files.
    File,
    /// Drafts kept on this machine.
    Drafts,
    /// Whether the server is there again.
    Reach,
    /// What others have changed in the n-th list, or in the record.
    Live(u8),
    /// Saying what is done at a record.
    Presence,
    /// What reaches a person.
    Notices,
    /// Whether a record is followed.
    Follow,
    /// Views that people keep.
    Views,
}

impl Slot {
    /// Made by itself, not by the person: nobody waits for it, and its failure is not told.
    pub const fn is_quiet(self) -> bool {
        matches!(self, Self::Reach | Self::Live(_) | Self::Presence | Self::Notices)
    }
}

/// What `update` asks for.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Makes a call and brings its reply.
    Call(CallId, Request),
    /// Stops a call whose reply nobody waits for.
    Cancel(CallId),
    /// Brings [`super::msg::Msg::Timer`] after so many milliseconds.
    Timer(Timer, u64),
    /// Watches what others do from a sequence on, under a generation; an older watch ends.
    Watch(u64, i64),
    /// Ends the watch.
    Unwatch,
    /// Keeps a person's draft on this machine.
    KeepDraft(i64, Box<Draft>),
    /// Removes a person's draft.
    DropDraft(i64, DraftKey),
    /// Puts a text on the clipboard.
    Copy(String),
    /// Draws everything anew.
    Redraw,
    /// Back to the shell until it says otherwise.
    Suspend,
}

/// What a timer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Timer {
    /// A pause in typing or moving has lasted long enough; only the newest generation of a slot counts.
    Rested(ScreenId, Slot, u64),
    /// The panel of what can follow a prefix.
    WhichKey(u64),
    /// Somebody has been waiting; turns the spinner.
    Spinner,
    /// A message has been shown long enough.
    Toast(u64),
    /// A lost server is tried again; only the newest generation counts.
    Reconnect(u64),
    /// Relative times have aged a minute.
    Minute,
    /// What others have done is shown together.
    Live,
    /// Whether anything was heard from the server lately.
    Silence,
    /// What is done at a record is said again; only the newest generation counts.
    Presence(u64),
    /// How long others have been there has changed.
    Others,
}

impl Timer {
    /// Whether a person who waits for the screen to be done waits for this.
    pub const fn settles(self) -> bool {
        matches!(self, Self::Rested(..) | Self::WhichKey(_) | Self::Live)
    }
}

/// A call.
#[derive(Debug, Clone)]
pub enum Request {
    /// A page of a list.
    List(Kind, ListQuery),
    /// What a typed filter means.
    Filter(Kind, String, Locale),
    /// How many records each view holds.
    Counts(Kind),
    /// One record.
    Get(Kind, i64),
    /// A new record.
    Create(Kind, Changes, WriteOptions),
    /// New values of a record.
    Update(Kind, i64, Changes, WriteOptions),
    /// Records into the recycle bin: id, revision and request id of each.
    Delete(Kind, Vec<Target>),
    /// Records out of it.
    Restore(Kind, Vec<Target>),
    /// A decision about an opportunity.
    Opportunity(Target, Move),
    /// Whom a customer's name meets.
    Priors(v1::CheckOpportunityRequest),
    /// The next contact took place.
    Settle(Target),
    /// The next contact is moved.
    Snooze(Target, i64),
    /// Takes an operation back, or does it again; or looks what that would do.
    Undo(v1::UndoRequest),
    /// How many records a bulk action is about.
    PreviewBulk(Box<v1::PreviewBulkRequest>),
    /// Does one thing to many records, until it is stopped.
    Bulk(Box<v1::RunBulkRequest>, Cancel),
    /// Customers that may be the same as this one.
    Alike(i64, String),
    /// What making one of two customers would do: the one that stays, the other.
    PreviewMerge(i64, i64),
    /// Makes one of two customers.
    Merge(v1::MergeCustomersRequest),
    /// What the preview of a customer shows.
    Preview(i64),
    /// A page of a customer's timeline.
    Timeline(v1::ListTimelineRequest),
    /// Who has this already.
    Duplicates(v1::CheckDuplicatesRequest),
    /// Entries of a dictionary.
    Choices(&'static str),
    /// People.
    Users(String),
    /// Customers.
    Customers(String),
    /// Contacts of a customer.
    Contacts(i64, String),
    /// Whom an opportunity can be assigned to.
    Assignees(String),
    /// Records of a kind, for picking one.
    Records(Kind, String),
    /// What is due, by bucket.
    CountDue,
    /// Who is signed in.
    Session,
    /// Opens the drafts on this database of a person, as of now, and answers those that wait.
    Drafts(String, i64, i64),
    /// Whether the server answers.
    Reach,
    /// Which of the query's ids the list holds, in its order.
    Among(Kind, ListQuery),
    /// Says what is done at a record.
    Presence(Kind, i64, v1::Doing),
    /// A page of notices.
    Notices(v1::ListNoticesRequest),
    /// Marks notices as read, or as unread again.
    MarkRead(v1::MarkReadRequest),
    /// Whether a record is followed.
    Follows(Kind, i64),
    /// Follows a record, or no longer.
    Follow(Kind, i64),
    /// Views that people keep of a kind, and what they hold.
    Views(Kind, Locale),
    /// Keeps a view.
    CreateView(v1::CreateViewRequest),
    /// Changes a view.
    UpdateView(v1::UpdateViewRequest),
    /// Takes a view away.
    DeleteView(v1::DeleteViewRequest),
    /// Signs in.
    SignIn(String, SecretString),
    /// Another password.
    ChangePassword(SecretString, SecretString),
    /// Ends the session.
    SignOut(String),
    /// Sets a new database up and signs its first person in.
    Initialise(FirstPerson),
    /// What the screens of opportunities ask beside lists.
    Work(super::work::Ask),
    /// Writes a list to a file.
    Export(Kind, ListQuery, String, Locale),
    /// Opens a file to be imported and maps its columns.
    ImportLook(ImportJob),
    /// What an import would do.
    ImportCheck(ImportJob),
    /// Imports.
    ImportRun(ImportJob),
}

/// What to import and how.
#[derive(Debug, Clone)]
pub struct ImportJob {
    /// The kind of the rows.
    pub kind: Kind,
    /// The file.
    pub path: String,
    /// Field and columns, said by hand; no columns: left out.
    pub map: Vec<(String, String)>,
    /// What happens to rows whose record exists.
    pub existing: v1::Existing,
    /// Adds what does not exist.
    pub create_missing: bool,
    /// The first of two ambiguous numbers of a date is the day; none: ambiguous dates are refused.
    pub day_first: Option<bool>,
    /// The language of the errors file.
    pub lang: Lang,
    /// Stops it.
    pub cancel: Cancel,
}

/// A file that was looked at.
#[derive(Debug, Clone, Default)]
pub struct Looked {
    /// Format and encoding, for showing.
    pub about: String,
    /// Names of its columns.
    pub headers: Vec<String>,
    /// The field each column goes into; empty: none.
    pub fields: Vec<String>,
    /// The first value of each column.
    pub samples: Vec<String>,
}

/// What an import would do.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// Rows by what would become of them: created, updated, skipped, unchanged, refused.
    pub counts: [u64; 5],
    /// Dictionary values that do not exist: field, text, rows.
    pub missing: Vec<(String, String, String)>,
    /// The first rows worth looking at: line, what it is called, what would happen.
    pub rows: Vec<(i64, String, String)>,
}

/// A record that something is done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its id.
    pub id: i64,
    /// The revision seen.
    pub revision: i64,
    /// Names the write.
    pub request_id: String,
    /// What it is called.
    pub label: String,
}

/// Somebody who can be picked.
#[derive(Debug, Clone)]
pub struct Person {
    /// Who.
    pub user: UserRef,
    /// What tells two people of one name apart.
    pub about: String,
}

/// What a call brought.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Rows.
    Page(Page),
    /// What the filter means.
    Filter(Filter),
    /// How many each view holds, by index.
    Counts(Vec<(usize, Total)>),
    /// A record.
    Record(Box<Record>),
    /// Several decisions: the operation of each that was done, the refusals by label.
    Done(Vec<(i64, i64)>, Vec<(String, Failure)>),
    /// An interaction after a decision.
    Settled(i64),
    /// The last word of an undo, with the first of all that was kept.
    Undone(v1::UndoProgress),
    /// How many.
    Total(Total),
    /// The last word of a bulk action, with all that was refused.
    Bulk(Box<v1::BulkProgress>),
    /// What a merge would do.
    MergeLook(Box<MergeLook>),
    /// An opportunity was won.
    Won(Box<Won>),
    /// Whom a customer's name meets.
    Priors(Vec<v1::Prior>),
    /// Two customers are one.
    Merged(Box<v1::MergeCustomersResponse>),
    /// What the preview shows.
    Preview(Preview),
    /// A page of a timeline.
    Timeline(v1::ListTimelineResponse),
    /// Who has it already.
    Duplicates(Vec<Duplicate>),
    /// Dictionary entries.
    Choices(Vec<Choice>),
    /// People.
    Users(Vec<Person>),
    /// Whom an opportunity can be assigned to, with the work that they have.
    Assignees(Vec<v1::Assignee>),
    /// Customers, with what tells them apart.
    Customers(Vec<(CustomerRef, String)>),
    /// Contacts, with what tells them apart.
    Contacts(Vec<(ContactRef, String)>),
    /// Records of a kind, with what tells them apart.
    Records(Vec<(Link, String)>),
    /// What is due.
    Due(v1::CountDueResponse),
    /// What the screens of opportunities asked.
    Work(super::work::Told),
    /// Who is signed in.
    Session(Box<v1::Session>),
    /// What was typed and not saved; none: it cannot be kept here.
    Drafts(Option<Found>),
    /// Who else is at a record.
    Others(Vec<v1::Presence>),
    /// A page of notices.
    Notices(v1::ListNoticesResponse),
    /// How many notices are unread.
    Unread(i64),
    /// Whether a record is followed.
    Follows(v1::SetFollowResponse),
    /// Views that people keep, and what they hold.
    Views(Vec<(v1::SavedView, Option<Total>)>),
    /// A view as it is kept now.
    View(Box<v1::SavedView>),
    /// It is done; nothing to say.
    Nothing,
    /// A list was written: the file and its rows.
    Exported(String, u64),
    /// A file was looked at.
    Looked(Looked),
    /// What an import would do.
    Checked(Checked),
    /// What an import did.
    Imported(Box<importer::Report>),
}

/// Two customers side by side.
#[derive(Debug, Clone)]
pub struct MergeLook {
    /// The one that stays.
    pub keep: Record,
    /// The one that becomes part of it.
    pub other: Record,
    /// The fields in which they differ, by index; whether the other's value is the one to take.
    pub fields: Vec<(usize, bool)>,
    /// What moves.
    pub moving: Vec<v1::KindCount>,
}

/// What the preview of a customer or an opportunity shows beside its fields.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// Newest first.
    pub timeline: Vec<v1::TimelineEntry>,
    /// The people there.
    pub contacts: Vec<v1::Contact>,
    /// The steps of an opportunity's plan.
    pub steps: Vec<Record>,
}
