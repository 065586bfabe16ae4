//! What is said between us and a customer, in English: channel, title, details. `{who}` is the contact, `{item}` what we
//! sell, `{n}` a quantity, `{sum}` an amount in thousands.

use super::talk::{Line, Script};

/// The lines in English.
pub(super) const SCRIPT: Script = Script {
    stages: [FIRST, NEEDS, QUOTE, CONTRACT, DELIVERY, AFTER, AGAIN],
    farewell: FAREWELL,
    supervisor: SUPERVISOR,
    service: SERVICE,
    items: &[
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
    visits: &["Customer's plant", "Customer's office", "Customer's workshop"],
    meetings: &["Customer's meeting room", "Our office", "Video conference"],
    fairs: &["Trade fair, our stand", "Industry conference", "Automation fair, hall 3"],
};

const FIRST: &[Line] = &[
    (
        "phone",
        "First call, asked about their needs",
        "{who} described the plant; interested in {item}, wants data sheets first.",
    ),
    ("meeting", "Met at the trade fair", "{who} is rebuilding a line and asked for a call next week."),
    ("mail", "Web enquiry answered", "Asked for {n} {item}. Confirmed receipt, proposal within three days."),
    ("mail", "Sent company profile and catalogue", "{who} will pass the {item} guide on to engineering."),
    ("phone", "Referred by a customer, agreed on a visit", "{who} is free next week, Tuesday or Wednesday."),
    ("phone", "First call, asked to send documents", ""),
];

const NEEDS: &[Line] = &[
    (
        "visit",
        "Visited the plant",
        "Walked two lines with {who}. The {item} are due for replacement this year, in batches.",
    ),
    (
        "meeting",
        "Technical meeting on the specification",
        "{who} and two engineers; agreed ranges, interfaces and IP65.",
    ),
    ("phone", "Checked budget and timing", "About {sum}k, next quarter, goes through a tender."),
    (
        "phone",
        "Asked about the current supplier",
        "Lead times are too long today; {who} cares most about delivery and service.",
    ),
    (
        "mail",
        "Sent the proposal, waiting for engineering",
        "Based on {n} {item}. {who} expects comments within a week.",
    ),
    ("mail", "Received photos and name plates", "Forwarded to technical support to check the types."),
];

const QUOTE: &[Line] = &[
    ("mail", "Sent the quote", "{n} {item} including commissioning, {sum}k, valid for 30 days."),
    ("mail", "Sent two samples for a trial", "{who} tests the {item} on line 2 for two weeks."),
    (
        "phone",
        "Good feedback on the samples",
        "A week without a fault, accuracy is fine. {who} prepares the requisition.",
    ),
    ("mail", "Sent the revised quote", "Added spare parts as {who} asked; the total is now {sum}k."),
    (
        "phone",
        "Chased the quote, still in approval",
        "With the managing director; {who} expects an answer by the end of the month.",
    ),
    ("phone", "They compare offers, talk again next week", "Two others quote; {who} says our lead time is the best."),
];

const CONTRACT: &[Line] = &[
    (
        "phone",
        "Price agreed, waiting for the contract",
        "{who} confirmed {sum}k; legal reviews, signature expected next week.",
    ),
    ("meeting", "Negotiated payment terms", "They want 60 days, we asked for 30% in advance. {who} comes back to us."),
    ("phone", "Asked for 5% off", "{who} has a lower offer. Special price requested, waiting for approval."),
    ("visit", "Contract signed", "{n} {item}, {sum}k, down payment within a week."),
    ("mail", "Sent the draft contract", "{who} wants the warranty clause changed; revision goes out today."),
    ("mail", "Purchase order received", "{n} {item}, {sum}k. Order confirmation sent."),
];

const DELIVERY: &[Line] = &[
    ("phone", "Confirmed the delivery date", "In production, ships in three weeks. {who} wants two days' notice."),
    ("mail", "Shipped, sent the tracking number", "{n} {item} left today, three days in transit."),
    ("visit", "Commissioning finished", "All {n} installed and tested, {who} signed the acceptance."),
    ("phone", "Followed up on the down payment", "Accounts pay this week; {who} will remind them."),
    ("mail", "Invoice sent", "{sum}k, due in 30 days."),
    ("sms", "Reminder: delivery tomorrow morning", ""),
];

const AFTER: &[Line] = &[
    ("phone", "Follow-up call, all running well", "Two months without a fault, {who} is happy."),
    ("visit", "Quarterly visit, checked the equipment", "Looked at {n} {item}, replaced one seal, the rest is fine."),
    ("phone", "Reminded of the open invoice", "{sum}k still open; {who} promised payment by the end of the month."),
    ("meeting", "Operator training", "Half a day for eight operators, good feedback."),
    ("mail", "Season's greetings", ""),
    ("phone", "Suggested spare parts on stock", "{who} takes two spare {item} for a start."),
];

const AGAIN: &[Line] = &[
    ("phone", "Asked about plans for the second half", "Phase 2 starts soon, {who} expects to need {n} {item}."),
    ("phone", "Repeat order likely", "About {n} {item}; {who} sends the list next week."),
    ("mail", "Sent news about the new series", "{who} would like an online introduction of the new {item}."),
    ("visit", "Visit about phase 2", "Budget about {sum}k; {who} wants us in the design team."),
    ("phone", "Talked about renewing the framework contract", "It ends in December; {who} hopes for the same prices."),
    (
        "phone",
        "Invited them to our factory",
        "{who} and three colleagues plan to come next month; assembly line and test bench.",
    ),
];

const FAREWELL: &[Line] = &[
    ("phone", "They changed to another supplier", "{who} says the group now buys centrally; no business for now."),
    ("phone", "Plant closes, no further business", "{who} confirmed that the site shuts down."),
    ("mail", "Project cancelled", "Budget frozen, all purchasing stopped."),
    ("phone", "Left us over late delivery", "The delay cost them the start of production; {who} has another source."),
];

const SUPERVISOR: &[Line] = &[
    ("visit", "Joined a visit to their management", "Discussed next year with {who}; they want an annual agreement."),
    ("meeting", "Negotiated the annual agreement", "About {sum}k a year, tiered prices, legal prepares the text."),
    ("phone", "Approved 3% special discount", "Told {who}; valid if they order this week."),
    ("phone", "Apologised for the late delivery", "{who} accepts it if everything arrives by the end of the month."),
    ("phone", "New enquiry, to be assigned", "{who} needs about {n} {item}; an account manager will call."),
];

const SERVICE: &[Line] = &[
    (
        "phone",
        "Fault reported: display flickers",
        "Talked {who} through recalibration, works again. Call back in three days.",
    ),
    ("phone", "Asked for a calibration certificate", "Explained how; {who} sends the serial numbers today."),
    ("mail", "Sent manual and wiring diagram", "Third edition, for the {item}, to {who}."),
    ("phone", "Satisfaction call, happy overall", "{who} likes the response time, spare parts could be faster."),
    ("mail", "Complaint: damaged packaging", "Logged, replacement on its way; {who} is fine with that."),
    ("phone", "Spare part on its way", "Sent today; {who} returns the faulty one for inspection."),
];
