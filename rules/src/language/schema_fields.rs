//! What each key of each form means and may hold: the part of the schema that the vocabulary does not say.

mod policy;
mod scenario;
mod test;

pub(super) use policy::POLICY;
pub(super) use scenario::SCENARIO;
pub(super) use test::TEST;

use super::test_words as t;
use super::vocabulary::{self as v, Vocabulary};
use super::words::Word;

/// What a value may look like.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// Any text.
    Text,
    /// A text of a notation, with examples.
    Pattern(&'static str, &'static [&'static str]),
    /// The same, where it may be written without quotes and look like a number.
    Digits(&'static str, &'static [&'static str]),
    /// The same, where it may look like a number with decimals.
    Decimal(&'static str, &'static [&'static str]),
    /// A whole number within bounds.
    Whole(u64, u64),
    /// One of these.
    Choice(&'static [Word]),
    /// Nothing behind the colon.
    Nothing,
    /// The form of this sheet.
    Form(&'static str),
    /// One, or a list.
    OneOrMore(&'static Shape),
    /// A list of at least so many.
    Several(&'static Shape, u64),
    /// Any of these.
    Either(&'static [Shape]),
    /// Keys that the author names, each with such a value.
    Columns(&'static Shape),
}

/// A key of a form.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) word: Word,
    pub(super) shape: Shape,
    /// What it means, in English and in Chinese.
    pub(super) says: [&'static str; 2],
}

/// A form with what is known of its keys.
pub(super) struct Sheet {
    pub(super) name: &'static str,
    pub(super) form: &'static Vocabulary,
    pub(super) fields: &'static [&'static [Field]],
    /// Of each group one must stand there.
    pub(super) required: &'static [&'static [Word]],
    /// Whether no more than one key may stand there.
    pub(super) one_only: bool,
}

impl Sheet {
    pub(super) fn field(&self, word: Word) -> Option<&'static Field> {
        self.fields.iter().copied().flatten().find(|field| field.word == word)
    }
}

const fn field(word: Word, shape: Shape, says: [&'static str; 2]) -> Field {
    Field { word, shape, says }
}

const fn sheet(
    name: &'static str,
    form: &'static Vocabulary,
    fields: &'static [&'static [Field]],
    required: &'static [&'static [Word]],
) -> Sheet {
    Sheet { name, form, fields, required, one_only: false }
}

const fn one_of(name: &'static str, form: &'static Vocabulary, fields: &'static [&'static [Field]]) -> Sheet {
    Sheet { name, form, fields, required: &[], one_only: true }
}

// Notations. Each takes at least what the reader takes.
const SPAN: Shape = Shape::Pattern(r"^\s*([0-9]+\s*[A-Za-z\u3400-\u9fff]+\s*)+$", &["10m", "24h", "30d"]);
const CAP: Shape = Shape::Pattern(r"(per|/|每|次)", &["1 per 30d", "3 per 7d"]);
const MONEY: Shape = Shape::Decimal(r"^\s*[¥￥]?\s*[0-9][0-9,]*(\.[0-9]{1,4})?\s*(元|yuan)?\s*$", &["500", "0.05"]);
const SHARE: Shape = Shape::Pattern(r"^\s*[0-9]{1,3}(\.[0-9]{1,2})?\s*%\s*$", &["10%", "2.5%"]);
const DATES: Shape = Shape::Pattern(r"^\s*[0-9]{4}\s*[-/年]", &["2009-07-01..2009-08-31", "2009-07-01"]);
const HOURS: Shape = Shape::Pattern(r"^\s*[0-9]{1,2}[:点].*[0-9]{1,2}(:[0-9]{2}|点[0-9分半]*)\s*$", &["09:00..21:00"]);
const CLOCK: Shape = Shape::Pattern(r"^\s*[0-9]{1,2}(:[0-9]{2}|点[0-9分半]*)\s*$", &["21:00"]);
const NUMBER: Shape = Shape::Digits(r"^\s*\+?[0-9*#]+\s*$", &["114", "1795*", "+8613800100186"]);
const NAME: Shape = Shape::Digits(r"^[^\s/\\]{1,64}$", &["wanda-g3"]);
const NETWORK: Shape = Shape::Digits(r"^\s*[0-9]{3}-?[0-9]{2,3}\s*$", &["46000"]);
const IDENTITY: Shape = Shape::Digits(r"^\s*[0-9]{5,16}\s*$", &["460001111111111"]);
const CELL: Shape =
    Shape::Pattern(r"^([0-9A-Fa-f]{4}|[0-9]{3}-[0-9]{2,3}-[0-9]+)-[0-9]+$", &["6A11-1001", "460-00-27153-1001"]);
const TIME: Shape = Shape::Pattern(
    r"^\s*(\+.*[A-Za-z\u3400-\u9fff]|.*[0-9]{1,2}(:[0-9]{2}(:[0-9]{2})?|点[0-9分半]*))\s*$",
    &["14:00", "+26h"],
);
const LIST: Shape = Shape::Text;
const YES: Shape = Shape::Choice(&[v::YES]);
const YES_OR_BARE: Shape = Shape::Either(&[Shape::Nothing, YES]);
const YES_OR_NO: Shape = Shape::Choice(&[v::YES, t::NO]);
const PURPOSES: &[Word] = &[v::SERVICE, v::MARKETING, v::LOCATION];
const ORIGINS: &[Word] = &[v::HOME_PROVINCE, v::OTHER_PROVINCE, v::OTHER_NETWORK, v::INTERNATIONAL];
const ABROAD: Shape = Shape::Choice(&[v::OTHER_PROVINCE, v::OTHER_NETWORK, v::INTERNATIONAL, v::ANY]);
const ABROADS: Shape = Shape::Either(&[Shape::Nothing, Shape::OneOrMore(&ABROAD)]);
const NUMBERS: Shape = Shape::OneOrMore(&NUMBER);
const NUMBERS_OR_BARE: Shape = Shape::Either(&[Shape::Nothing, NUMBERS]);
const HOST: Shape =
    Shape::Pattern(r"^\s*(https?://)?(\*\.)?[0-9A-Za-z_-]+(\.[0-9A-Za-z_-]+)*\.?/?\s*$", &["taobao.com"]);
const HOSTS: Shape = Shape::OneOrMore(&HOST);
const HOSTS_OR_BARE: Shape = Shape::Either(&[Shape::Nothing, HOSTS]);
const CONTEXT: Shape = Shape::Either(&[Shape::Form("pdp"), HOSTS_OR_BARE]);
const WEB_ADDRESS: Shape = Shape::Pattern(r"^\s*https?://[0-9A-Za-z][\x21-\x7e]*\s*$", &["http://wap.example.com/g3"]);
const IMSI_PREFIX: Shape = Shape::Digits(r"^\s*[0-9]{1,15}\**\s*$", &["46000485*"]);
const CLOCKS: Shape = Shape::OneOrMore(&CLOCK);
const DAYS: Shape = Shape::OneOrMore(&DATES);
const DATA: Shape = Shape::Choice(&[v::ATTACH, v::DETACH]);
const ATTEMPT: Shape = Shape::Choice(&[v::LOCATION_UPDATE, v::SERVICE, v::DATA]);
const PHASE: Shape = Shape::Choice(&[v::SETUP, v::ANSWERED, v::ENDED]);

/// What stands alone: `when: power_on`.
const BARE: Shape = Shape::Choice(&[
    v::CALL,
    v::SMS,
    v::USSD,
    v::CALL_FORWARDING,
    v::DEVICE_CHANGE,
    v::POWER_ON,
    v::POWER_OFF,
    v::LOCATION_UPDATE,
    v::CELL_CHANGE,
    v::SEEN,
    v::PDP,
    v::WEB,
    v::REFUSED,
]);
const STEP: Shape = Shape::Either(&[Shape::Form("step"), BARE]);
const STEPS: Shape = Shape::Several(&STEP, 2);
const CONDITION: Shape = Shape::Either(&[Shape::Form("condition"), BARE]);
const CONDITIONS: Shape = Shape::Several(&CONDITION, 1);

const STILL_HERE: Field = field(
    v::STILL_HERE,
    Shape::Choice(&[v::YES, v::NO_NEED]),
    [
        "Whether the subscriber must be present at the end; yes, but with `schedule`, where nothing is said.",
        "到时用户是否须仍在网；不写则须在网，「定时」则不须。",
    ],
);
const NOTE: Field = field(v::NOTE, Shape::Text, ["For people; nothing reads it.", "给人看的备注，程序不读。"]);
