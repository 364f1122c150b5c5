//! What is sent: a message, in the subscriber's language where that is known, and perhaps not the same one to everybody.

use std::sync::Arc;

use super::Text;

/// What is sent, and how.
#[derive(Clone, Debug)]
pub struct Send {
    /// What arrives.
    pub message: Message,
    /// The same in other languages: what the subscriber file says of those who understand them, and the text. Of a pushed
    /// address the title.
    pub languages: Vec<(Box<str>, Text)>,
    /// The channel that it goes by; absent means the one for its kind.
    pub channel: Option<String>,
    /// The sender that the phone shows; absent means the channel's own.
    pub from: Option<String>,
}

/// What arrives on the phone.
#[derive(Clone, Debug)]
pub enum Message {
    /// A short message.
    Sms(Text),
    /// A title that leads to an address.
    WapPush {
        /// The title.
        title: Text,
        /// The address: `http://…` or `https://…`.
        url: String,
        /// What the phone does with it.
        push: Push,
    },
}

/// What a phone does with a pushed address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Push {
    /// Service indication (WAP-167): shows the title and asks.
    #[default]
    Indication,
    /// Service loading (WAP-168): opens the address.
    Loading,
}

/// The kind of a message, where caps tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum MessageKind {
    /// A short message.
    Sms = 0,
    /// A pushed address.
    WapPush = 1,
}

impl MessageKind {
    /// The stored form.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The inverse of [`MessageKind::code`].
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Sms),
            1 => Some(Self::WapPush),
            _ => None,
        }
    }
}

impl Message {
    /// Its kind.
    pub const fn kind(&self) -> MessageKind {
        match self {
            Self::Sms(_) => MessageKind::Sms,
            Self::WapPush { .. } => MessageKind::WapPush,
        }
    }
}

impl Send {
    /// A short message of this text, from the channel's own sender.
    pub fn sms(text: impl Into<Text>) -> Self {
        Self { message: Message::Sms(text.into()), languages: Vec::new(), channel: None, from: None }
    }

    /// The text that people of this language read: of a pushed address its title. Where nothing is known of the language,
    /// or there is no text in it, the one that everybody gets.
    pub fn text(&self, language: Option<&str>) -> &Text {
        let is_own = |(known, _): &&(Box<str>, Text)| language.is_some_and(|own| known.eq_ignore_ascii_case(own));
        let usual = match &self.message {
            Message::Sms(text) | Message::WapPush { title: text, .. } => text,
        };
        self.languages.iter().find(is_own).map_or(usual, |(_, text)| text)
    }
}

/// The most variants of one scenario.
pub const MAX_VARIANTS: usize = 8;

/// One of several things that are sent, each to its share of the subscribers, to learn which does best.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its name, unique in the scenario.
    pub name: Arc<str>,
    /// Its share by a keyed hash, in hundredths of a percent; all shares together are a whole.
    pub share: u16,
    /// What is sent.
    pub send: Send,
}
