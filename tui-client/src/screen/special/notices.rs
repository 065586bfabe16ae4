//! What reached me: assignments, and changes of what I follow, newest first. Enter opens the record and has read it.

use ratatui::layout::Rect;
use rolo_proto::v1::{self, Kind, Notice};

use crate::{
    app::{
        self,
        effect::{Reply, Request, ScreenId, Slot},
        live::News,
        shared::{Nav, Shared},
    },
    data::Failure,
    keys::{Action, Chord, Layer, keymap},
    resource,
    screen::{Place, Screen, show},
    strings::{Lang, Texts, fill},
    theme::Role,
    widget::{canvas::Canvas, table},
};

/// Notices asked for at a time.
const PAGE: i32 = 50;

/// The screen.
pub struct NoticesScreen {
    id: ScreenId,
    notices: Vec<Notice>,
    next: String,
    unread: i64,
    started: bool,
    cursor: usize,
    first: usize,
}

/// What a notice says: "Li assigned you 50 opportunities".
pub fn sentence(notice: &Notice, lang: Lang) -> String {
    let t = Texts::of(lang);
    let who = notice.actor.as_ref().map_or("Rolo", show::user);
    let kind = resource::of(notice.kind()).map(|r| r.labels().1.get(lang));
    let what = match kind {
        Some(many) if notice.count > 1 => fill(t.so_many, &[&show::thousands(notice.count), &many.to_lowercase()]),
        _ if notice.count > 1 => format!("{} (+{})", notice.label, notice.count - 1),
        // A number of its own would read like how many there are.
        _ => match notice.label.strip_prefix(&format!("{} ", notice.record_id)) {
            Some(name) => format!("#{} {name}", notice.record_id),
            None => notice.label.clone(),
        },
    };
    let text = match notice.topic.as_str() {
        "assigned" => t.notice_assigned,
        "reassigned_away" => t.notice_reassigned,
        "withdrawn" => t.notice_withdrawn,
        "won" => t.notice_won,
        "lost" => t.notice_lost,
        "changed" => t.notice_changed,
        "deleted" => t.notice_deleted,
        _ => t.notice_other,
    };
    fill(text, &[&who, &what])
}

impl NoticesScreen {
    /// With nothing loaded yet.
    pub fn new(sh: &mut Shared) -> Self {
        let id = sh.id();
        Self { id, notices: Vec::new(), next: String::new(), unread: 0, started: false, cursor: 0, first: 0 }
    }

    fn load(&self, page_token: String, sh: &mut Shared) {
        let request = v1::ListNoticesRequest { unread_only: false, page_size: PAGE, page_token };
        sh.call(self.id, Slot::Rows(0), Request::Notices(request));
    }

    fn visible(sh: &Shared) -> usize {
        app::draw::body(sh.size).height.into()
    }

    fn go(&mut self, to: usize, sh: &mut Shared) {
        self.cursor = to.min(self.notices.len().saturating_sub(1));
        self.first = table::scroll(self.first, self.cursor, Self::visible(sh), self.notices.len());
        let near_end = self.cursor + Self::visible(sh) > self.notices.len();
        if near_end && !self.next.is_empty() && !sh.waits(self.id, Slot::Rows(0)) {
            self.load(self.next.clone(), sh);
        }
    }

    fn mark(&self, request: v1::MarkReadRequest, sh: &mut Shared) {
        sh.call(self.id, Slot::Act, Request::MarkRead(request));
    }

    /// Notices that came meanwhile stand above; the one under the cursor stays under it.
    fn take(&mut self, page: v1::ListNoticesResponse, first: bool, sh: &mut Shared) {
        self.unread = page.unread;
        sh.live.unread = page.unread;
        self.started = true;
        if !first {
            self.notices.extend(page.notices);
            self.next = page.next_page_token;
            return;
        }
        let here = self.notices.get(self.cursor).map(|n| n.id).filter(|_| self.cursor > 0);
        self.notices = page.notices;
        self.next = page.next_page_token;
        let at = here.and_then(|id| self.notices.iter().position(|n| n.id == id));
        self.go(at.unwrap_or(self.cursor), sh);
    }

    fn open(&mut self, sh: &mut Shared) {
        let Some(notice) = self.notices.get(self.cursor) else { return };
        let nav = match notice.count {
            ..=1 => Nav::Detail(notice.kind(), notice.record_id, notice.label.clone()),
            _ => Nav::List(notice.kind()),
        };
        if notice.read_at == 0 {
            let ids = vec![notice.id];
            self.mark(v1::MarkReadRequest { ids, ..Default::default() }, sh);
        }
        sh.nav.push(nav);
    }
}

impl Screen for NoticesScreen {
    fn id(&self) -> ScreenId {
        self.id
    }

    fn place(&self) -> Place {
        Place::Notices
    }

    fn layers(&self) -> &'static [Layer] {
        keymap::NOTICES
    }

    fn enter(&mut self, sh: &mut Shared) {
        self.load(String::new(), sh);
    }

    fn act(&mut self, action: Action, _: Chord, sh: &mut Shared) -> bool {
        let page = Self::visible(sh).max(2);
        match action {
            Action::Down => self.go(self.cursor + 1, sh),
            Action::Up => self.go(self.cursor.saturating_sub(1), sh),
            Action::PageDown => self.go(self.cursor + page, sh),
            Action::PageUp => self.go(self.cursor.saturating_sub(page), sh),
            Action::HalfDown => self.go(self.cursor + page / 2, sh),
            Action::HalfUp => self.go(self.cursor.saturating_sub(page / 2), sh),
            Action::Top => self.go(0, sh),
            Action::Bottom => self.go(usize::MAX, sh),
            Action::Refresh => self.load(String::new(), sh),
            Action::Open => self.open(sh),
            Action::MarkRead => {
                let Some(notice) = self.notices.get(self.cursor) else { return true };
                let (ids, unread) = (vec![notice.id], notice.read_at != 0);
                self.mark(v1::MarkReadRequest { ids, unread, up_to: 0 }, sh);
                self.go(self.cursor + 1, sh);
            }
            Action::MarkAllRead => {
                // What came since it was looked at stays unread.
                let Some(newest) = self.notices.first() else { return true };
                self.mark(v1::MarkReadRequest { up_to: newest.id, ..Default::default() }, sh);
            }
            _ => return false,
        }
        true
    }

    fn reply(&mut self, slot: Slot, request: Request, outcome: Result<Reply, Failure>, sh: &mut Shared) {
        match (slot, outcome) {
            (Slot::Rows(_), Ok(Reply::Notices(page))) => {
                let first = matches!(request, Request::Notices(asked) if asked.page_token.is_empty());
                self.take(page, first, sh);
            }
            (Slot::Act, Ok(Reply::Unread(left))) => {
                let Request::MarkRead(marked) = request else { return };
                self.unread = left;
                sh.live.unread = left;
                let now = sh.now;
                for notice in &mut self.notices {
                    if marked.ids.contains(&notice.id) {
                        notice.read_at = if marked.unread { 0 } else { now };
                    } else if notice.id <= marked.up_to && notice.read_at == 0 {
                        notice.read_at = now;
                    }
                }
            }
            (_, Err(failure)) => sh.fail(&failure, Some((self.id, slot, request))),
            _ => {}
        }
    }

    fn told(&mut self, news: &News, top: bool, sh: &mut Shared) {
        if top && news.events.iter().any(|e| e.kind() == Kind::Notice) && !sh.waits(self.id, Slot::Rows(0)) {
            self.load(String::new(), sh);
        }
    }

    fn crumbs(&self, sh: &Shared) -> Vec<String> {
        vec![sh.t().notices.to_owned()]
    }

    fn actions(&self, _: &Shared) -> Vec<Action> {
        let mut out = Vec::new();
        if !self.notices.is_empty() {
            out.extend([Action::Open, Action::MarkRead]);
        }
        if self.unread > 0 {
            out.push(Action::MarkAllRead);
        }
        out
    }

    fn status(&self, sh: &Shared) -> String {
        if self.unread > 0 { fill(sh.t().all_read, &[&show::thousands(self.unread)]) } else { String::new() }
    }

    fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        let t = sh.t();
        if self.started && self.notices.is_empty() {
            let text = fill(t.no_notices, &[&sh.key(keymap::DETAIL, Action::Follow)]);
            let y = area.y + area.height / 3;
            for (line, y) in c.m.wrap(&text, usize::from(area.width.saturating_sub(6))).iter().zip(y..area.bottom()) {
                c.put(area.x + 3, y, line, Role::Dim, area.width);
            }
            return;
        }
        let rows = self.notices.iter().enumerate().skip(self.first).zip(area.top()..area.bottom());
        for ((at, notice), y) in rows {
            let unread = notice.read_at == 0 && notice.withdrawn_at == 0;
            let role = if unread { Role::Title } else { Role::Dim };
            let mark = match (at == self.cursor, unread) {
                (true, _) => sh.theme.sym.cursor,
                (false, true) => sh.theme.sym.dot,
                (false, false) => " ",
            };
            c.put(area.x, y, mark, Role::Key, 1);
            let when = c.m.pad(&show::relative(notice.at, sh), 14);
            let said = sentence(notice, sh.lang);
            let back = if notice.withdrawn_at == 0 { "" } else { t.taken_back };
            let pieces = [(when.as_str(), Role::Dim), (said.as_str(), role), (" ", role), (back, Role::Dim)];
            c.spans(area.x + 2, y, area.width.saturating_sub(3), &pieces);
            if at == self.cursor {
                c.tint(Rect { y, height: 1, ..area }, Role::Cursor);
            }
        }
    }
}
