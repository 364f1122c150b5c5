//! All that can be wrong with a configuration, each with its code, in both languages.

use std::fmt::Write as _;

use rules::language::Language;

/// What a value can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Whole,
    Flag,
    List,
    Table,
}

impl Shape {
    const fn name(self, language: Language) -> &'static str {
        match (language, self) {
            (Language::English, Self::Text) => "a text in quotes",
            (Language::English, Self::Whole) => "a whole number",
            (Language::English, Self::Flag) => "true or false",
            (Language::English, Self::List) => "a list in brackets",
            (Language::English, Self::Table) => "a section",
            (Language::Chinese, Self::Text) => "加引号的文字",
            (Language::Chinese, Self::Whole) => "整数",
            (Language::Chinese, Self::Flag) => "true 或 false",
            (Language::Chinese, Self::List) => "方括号里的列表",
            (Language::Chinese, Self::Table) => "一节",
        }
    }
}

/// One mistake.
#[derive(Debug)]
pub(super) enum Problem {
    Syntax {
        what: String,
    },
    UnknownKey {
        key: String,
        nearest: Option<String>,
        known: Vec<&'static str>,
    },
    /// `section` names the one that would have to be added for it, if any.
    MissingKey {
        key: &'static str,
        section: &'static str,
    },
    WrongShape {
        shape: Shape,
        example: &'static str,
    },
    OutOfRange {
        least: u64,
        most: u64,
    },
    Malformed {
        what: &'static str,
        example: &'static str,
    },
    Choice {
        nearest: Option<String>,
        known: Vec<&'static str>,
    },
    Unreadable {
        what: String,
    },
    OneNeeded {
        keys: Vec<&'static str>,
    },
    Repeated {
        name: String,
    },
    Plaintext,
    Unusable {
        what: String,
    },
}

impl Problem {
    /// `C001`…: stable; explained in `deploy/docs/configuration.md`.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "C001",
            Self::UnknownKey { .. } => "C002",
            Self::MissingKey { .. } => "C003",
            Self::WrongShape { .. } => "C004",
            Self::OutOfRange { .. } => "C005",
            Self::Malformed { .. } => "C006",
            Self::Choice { .. } => "C007",
            Self::Unreadable { .. } => "C008",
            Self::OneNeeded { .. } => "C009",
            Self::Repeated { .. } => "C010",
            Self::Plaintext => "C011",
            Self::Unusable { .. } => "C012",
        }
    }

    /// What is wrong, and what to do.
    pub(super) fn say(&self, language: Language) -> (String, Option<String>) {
        match language {
            Language::English => self.in_english(),
            Language::Chinese => self.in_chinese(),
        }
    }

    fn in_english(&self) -> (String, Option<String>) {
        let language = Language::English;
        match self {
            Self::Syntax { what } => (format!("this is no TOML: {what}"), None),
            Self::UnknownKey { key, nearest, known } => {
                (format!("`{key}` means nothing here"), Some(did_you_mean(nearest.as_deref(), known)))
            }
            Self::MissingKey { key, section: "" } => (format!("`{key}` is missing"), Some(format!("add `{key} = …`"))),
            Self::MissingKey { key, section } => {
                (format!("the section `[{section}]` is missing"), Some(format!("add it, with `{key} = …`")))
            }
            Self::WrongShape { shape, example } => {
                (format!("this must be {}", shape.name(language)), Some(format!("write it like `{example}`")))
            }
            Self::OutOfRange { least, most } => (format!("this must be from {least} to {most}"), None),
            Self::Malformed { what, example } => {
                (format!("this is no {what}"), Some(format!("write it like `{example}`")))
            }
            Self::Choice { nearest, known } => {
                ("this is none of the possible words".to_owned(), Some(did_you_mean(nearest.as_deref(), known)))
            }
            Self::Unreadable { what } => (what.clone(), None),
            Self::OneNeeded { keys } => {
                ("exactly one of these is needed".to_owned(), Some(format!("say one of {}", quoted(keys))))
            }
            Self::Repeated { name } => {
                (format!("`{name}` is there already"), Some("give each a name of its own".to_owned()))
            }
            Self::Plaintext => (
                "tokens would go over the network in clear".to_owned(),
                Some("add `certificate` and `key`, or listen on 127.0.0.1".to_owned()),
            ),
            Self::Unusable { what } => (format!("this cannot be used: {what}"), None),
        }
    }

    fn in_chinese(&self) -> (String, Option<String>) {
        let language = Language::Chinese;
        match self {
            Self::Syntax { what } => (format!("不是正确的 TOML：{what}"), None),
            Self::UnknownKey { key, nearest, known } => {
                (format!("这里没有 `{key}` 这一项"), Some(perhaps(nearest.as_deref(), known)))
            }
            Self::MissingKey { key, section: "" } => (format!("缺少 `{key}`"), Some(format!("加上 `{key} = …`"))),
            Self::MissingKey { key, section } => {
                (format!("缺少 `[{section}]` 一节"), Some(format!("加上这一节，并写 `{key} = …`")))
            }
            Self::WrongShape { shape, example } => {
                (format!("这里要写{}", shape.name(language)), Some(format!("例如 `{example}`")))
            }
            Self::OutOfRange { least, most } => (format!("必须在 {least} 到 {most} 之间"), None),
            Self::Malformed { example, .. } => ("写法不对".to_owned(), Some(format!("例如 `{example}`"))),
            Self::Choice { nearest, known } => ("没有这个选项".to_owned(), Some(perhaps(nearest.as_deref(), known))),
            Self::Unreadable { what } => (format!("无法读取：{what}"), None),
            Self::OneNeeded { keys } => ("只能也必须写其中一项".to_owned(), Some(format!("可选：{}", quoted(keys)))),
            Self::Repeated { name } => (format!("`{name}` 已经有了"), Some("请各取一个不同的名字".to_owned())),
            Self::Plaintext => (
                "令牌会在网络上明文传送".to_owned(),
                Some("加上 `certificate` 和 `key`，或只监听 127.0.0.1".to_owned()),
            ),
            Self::Unusable { what } => (format!("无法使用：{what}"), None),
        }
    }
}

fn did_you_mean(nearest: Option<&str>, known: &[&str]) -> String {
    match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("there are {}", quoted(known)),
    }
}

fn perhaps(nearest: Option<&str>, known: &[&str]) -> String {
    match nearest {
        Some(nearest) => format!("是不是 `{nearest}`？"),
        None => format!("可以写：{}", quoted(known)),
    }
}

fn quoted(words: &[&str]) -> String {
    let mut text = String::new();
    for (index, word) in words.iter().enumerate() {
        let _ = write!(text, "{}`{word}`", if index > 0 { ", " } else { "" });
    }
    text
}
