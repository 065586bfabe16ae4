//! What lies behind the tabs of a record: which there are, their rows and entries, and how one moves among them.

use rolo_proto::v1::{self, Kind};

use super::{DetailScreen, OF_CUSTOMER, OF_OPPORTUNITY, OF_OTHERS, Tab, draw, plan::Plan};
use crate::{
    app::{
        self,
        effect::{Request, Slot},
        shared::{Shared, allows},
    },
    keys::Action,
    screen::list::rows::Rows,
};

impl DetailScreen {
    /// The tabs there are.
    pub fn tabs(&self) -> &'static [Tab] {
        match self.kind {
            Kind::Customer => OF_CUSTOMER,
            Kind::Opportunity => OF_OPPORTUNITY,
            _ => OF_OTHERS,
        }
    }

    /// The tab that is shown.
    pub fn here(&self) -> Tab {
        self.tabs().get(self.tab).copied().unwrap_or(Tab::Profile)
    }

    pub(super) fn visible(&self, sh: &Shared) -> usize {
        let inner = draw::inner(app::draw::body(sh.size));
        match self.planning() {
            Some(plan) => plan.visible(inner, sh),
            None => inner.height.saturating_sub(1).into(),
        }
    }

    /// The rows behind the tab, if there are rows.
    pub fn rows(&self) -> Option<&Rows> {
        match self.here() {
            Tab::Contacts => self.contacts.as_ref(),
            Tab::Interactions => self.interactions.as_ref(),
            Tab::Plan => self.plan.as_ref().map(|plan| &plan.rows),
            _ => None,
        }
    }

    pub(super) fn rows_mut(&mut self) -> Option<&mut Rows> {
        match self.here() {
            Tab::Contacts => self.contacts.as_mut(),
            Tab::Interactions => self.interactions.as_mut(),
            Tab::Plan => self.plan.as_mut().map(|plan| &mut plan.rows),
            _ => None,
        }
    }

    pub(super) fn nth_rows(&mut self, nth: u8) -> Option<&mut Rows> {
        match nth {
            1 => self.contacts.as_mut(),
            2 => self.interactions.as_mut(),
            _ => self.plan.as_mut().map(|plan| &mut plan.rows),
        }
    }

    /// The plan, while it is shown.
    pub(super) fn planning(&self) -> Option<&Plan> {
        self.plan.as_ref().filter(|_| self.here() == Tab::Plan)
    }

    pub(super) fn planning_mut(&mut self) -> Option<&mut Plan> {
        let here = self.here() == Tab::Plan;
        self.plan.as_mut().filter(|_| here)
    }

    /// What is typed on the plan, or decided about the step under the cursor.
    pub(super) fn plan_act(&mut self, action: Action, sh: &mut Shared) -> bool {
        let may_plan = self.may_plan();
        let Some(plan) = self.planning_mut() else { return false };
        match action {
            Action::New if may_plan => plan.add(sh),
            Action::Edit => return plan.edit(sh),
            Action::Done | Action::Open => return plan.result(sh),
            _ => return false,
        }
        true
    }

    pub(super) fn may_plan(&self) -> bool {
        self.record.as_ref().is_some_and(|record| allows(record, v1::Action::Plan))
    }

    pub(super) fn load(&self, sh: &mut Shared) {
        sh.call(self.id, Slot::Record, Request::Get(self.kind, self.record_id));
    }

    /// Loads what the tab shows, if it is not here.
    pub(super) fn show_tab(&mut self, again: bool, sh: &mut Shared) {
        let visible = self.visible(sh);
        if let Some(rows) = self.rows_mut() {
            if again || !rows.pages.is_started() {
                rows.reload(sh);
            } else {
                rows.ensure(sh, visible);
            }
            return;
        }
        let nth = match self.here() {
            Tab::Timeline => 0,
            Tab::Changes => 1,
            _ => return,
        };
        if again || std::mem::take(&mut self.outdated[nth]) {
            // What is there stays until the first page is here.
            self.page(nth, String::new(), sh);
        } else if !self.streams[nth].started {
            self.more(nth, sh);
        }
    }

    pub(super) fn more(&mut self, nth: usize, sh: &mut Shared) {
        let stream = &self.streams[nth];
        if sh.waits(self.id, Slot::Tab(nth as u8)) || (stream.started && stream.next.is_empty()) {
            return;
        }
        let token = stream.next.clone();
        self.page(nth, token, sh);
    }

    pub(super) fn page(&self, nth: usize, page_token: String, sh: &mut Shared) {
        let opportunity = self.kind == Kind::Opportunity;
        let request = v1::ListTimelineRequest {
            customer_id: if opportunity { 0 } else { self.record_id },
            opportunity_id: if opportunity { self.record_id } else { 0 },
            page_size: 50,
            page_token,
            changes_only: nth == 1,
            record_only: nth == 1,
        };
        sh.call(self.id, Slot::Tab(nth as u8), Request::Timeline(request));
    }

    pub(super) fn motion(&mut self, action: Action, sh: &mut Shared) -> bool {
        let visible = self.visible(sh);
        let page = visible.max(1) as isize;
        let by = match action {
            Action::Down => 1,
            Action::Up => -1,
            Action::PageDown => page,
            Action::PageUp => -page,
            Action::HalfDown => page / 2,
            Action::HalfUp => -page / 2,
            Action::Top => isize::MIN,
            Action::Bottom => isize::MAX,
            _ => return false,
        };
        if let Some(rows) = self.rows_mut() {
            match action {
                Action::Top => rows.to(0, sh, visible),
                Action::Bottom => rows.to(usize::MAX, sh, visible),
                _ => rows.go(by, sh, visible),
            }
            return true;
        }
        let nth = match self.here() {
            Tab::Timeline => 0,
            Tab::Changes => 1,
            _ => {
                let area = draw::profile_area(app::draw::body(sh.size));
                let last = draw::profile_rows(self, area, sh).len().saturating_sub(area.height.into());
                self.scroll = self.scroll.saturating_add_signed(by).min(last);
                return true;
            }
        };
        let last = self.streams[nth].entries.len().saturating_sub(1);
        self.streams[nth].first = self.streams[nth].first.saturating_add_signed(by).min(last);
        if self.streams[nth].first + visible * 2 > self.streams[nth].entries.len() {
            self.more(nth, sh);
        }
        true
    }

    pub(super) fn turn(&mut self, by: isize, sh: &mut Shared) {
        let count = self.tabs().len() as isize;
        self.tab = (self.tab as isize + by).rem_euclid(count) as usize;
        self.show_tab(false, sh);
    }
}
