//! Events as columns of a Parquet file. Holds one row group in memory.

use std::fmt::Display;
use std::fs::File;
use std::sync::Arc;

use event::{Answered, DomainName, Event, Imei, Imsi, Kind, Number, Timestamp};
use parquet::basic::Compression;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::Result;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use crate::pseudonyms::Pseudonyms;

/// Events in a row group.
const GROUP_EVENTS: usize = 1 << 17;

/// In the order of [`Columns`].
const SCHEMA: &str = "message window {
    required int64 at (TIMESTAMP(MICROS, true));
    required binary subscriber (STRING);
    required binary interface (STRING);
    required binary kind (STRING);
    required binary identity (STRING);
    optional binary network (STRING);
    optional int32 lac;
    optional int32 ci;
    optional binary device_type (STRING);
    optional binary device (STRING);
    optional binary direction (STRING);
    optional binary number (STRING);
    optional binary update (STRING);
    optional int32 cause;
    optional binary name (STRING);
    optional int64 length_ms;
    required boolean after_reset;
    required int64 frame;
}";

/// How identities are shown.
pub(super) enum Names {
    /// As they are.
    Clear,
    /// As the keys call them that were in force.
    Pseudonyms(Pseudonyms),
}

impl Names {
    fn show(&self, at: Timestamp, identity: &impl Display) -> ByteArray {
        let text = match self {
            Self::Clear => identity.to_string(),
            Self::Pseudonyms(keys) => keys.at(at).name_of(identity).to_string(),
        };
        text.into_bytes().into()
    }
}

/// A column of a row group: the values that there are, and for each row whether it has one.
#[derive(Default)]
struct Column<T> {
    values: Vec<T>,
    present: Vec<i16>,
}

impl<T> Column<T> {
    fn push(&mut self, value: Option<T>) {
        self.present.push(i16::from(value.is_some()));
        self.values.extend(value);
    }

    fn clear(&mut self) {
        self.values.clear();
        self.present.clear();
    }
}

type Text = Column<ByteArray>;

macro_rules! columns {
    ($($name:ident: $column:ty,)+) => {
        #[derive(Default)]
        struct Columns { $($name: $column,)+ }

        impl Columns {
            /// Writes each to its place in the schema, and begins anew.
            fn write(&mut self, mut to: impl FnMut(&mut dyn Stored) -> Result<()>) -> Result<()> {
                $(to(&mut self.$name)?; self.$name.clear();)+
                Ok(())
            }
        }
    };
}

columns! {
    at: Column<i64>,
    subscriber: Text,
    interface: Text,
    kind: Text,
    identity: Text,
    network: Text,
    lac: Column<i32>,
    ci: Column<i32>,
    device_type: Text,
    device: Text,
    direction: Text,
    number: Text,
    update: Text,
    cause: Column<i32>,
    name: Text,
    length_ms: Column<i64>,
    after_reset: Column<bool>,
    frame: Column<i64>,
}

/// A column of whatever type.
trait Stored {
    fn write(&mut self, to: &mut ColumnWriter<'_>) -> Result<()>;
}

macro_rules! stored {
    ($($type:ty => $writer:ident,)+) => {
        $(impl Stored for Column<$type> {
            fn write(&mut self, to: &mut ColumnWriter<'_>) -> Result<()> {
                match to {
                    ColumnWriter::$writer(writer) => {
                        writer.write_batch(&self.values, Some(&self.present), None).map(|_| ())
                    }
                    _ => Err(parquet::errors::ParquetError::General("a column of another type".to_owned())),
                }
            }
        })+
    };
}

stored! {
    i32 => Int32ColumnWriter,
    i64 => Int64ColumnWriter,
    bool => BoolColumnWriter,
    ByteArray => ByteArrayColumnWriter,
}

/// Writes events to a file.
pub(super) struct TableWriter {
    writer: SerializedFileWriter<File>,
    names: Names,
    columns: Columns,
}

impl TableWriter {
    pub(super) fn new(file: File, names: Names) -> Result<Self> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(concat!("touchpoint ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let writer = SerializedFileWriter::new(file, Arc::new(parse_message_type(SCHEMA)?), Arc::new(properties))?;
        Ok(Self { writer, names, columns: Columns::default() })
    }

    pub(super) fn add(&mut self, imsi: Imsi, event: &Event) -> Result<()> {
        let Self { names, columns, .. } = self;
        let details = Details::of(&event.kind);
        let name = |text: &'static str| Some(ByteArray::from(text));
        columns.at.push(Some(event.at.as_micros()));
        columns.subscriber.push(Some(names.show(event.at, &imsi)));
        columns.interface.push(name(event.interface.name()));
        columns.kind.push(name(event.kind.name()));
        columns.identity.push(name(event.binding.name()));
        columns.network.push(event.cell.plmn.map(|plmn| plmn.to_string().into_bytes().into()));
        columns.lac.push(event.cell.lac.map(i32::from));
        columns.ci.push(event.cell.ci.map(i32::from));
        columns.device_type.push(event.imei.map(|imei| format!("{:08}", imei.tac()).into_bytes().into()));
        columns.device.push(event.imei.as_ref().map(|imei: &Imei| names.show(event.at, imei)));
        columns.direction.push(details.direction.and_then(name));
        columns.number.push(details.number.as_ref().map(|number| names.show(event.at, number)));
        columns.update.push(details.update.and_then(name));
        columns.cause.push(details.cause.map(i32::from));
        columns.name.push(details.name.map(|name| name.to_string().into_bytes().into()));
        columns.length_ms.push(details.length_ms);
        columns.after_reset.push(Some(event.after_reset));
        columns.frame.push(i64::try_from(event.frame).ok().or(Some(i64::MAX)));
        if columns.at.values.len() >= GROUP_EVENTS { self.write_group() } else { Ok(()) }
    }

    fn write_group(&mut self) -> Result<()> {
        if self.columns.at.values.is_empty() {
            return Ok(());
        }
        let mut group = self.writer.next_row_group()?;
        self.columns.write(|column| {
            let Some(mut writer) = group.next_column()? else { return Ok(()) };
            column.write(writer.untyped())?;
            writer.close()
        })?;
        group.close().map(|_| ())
    }

    /// Ends the file.
    pub(super) fn finish(mut self) -> Result<File> {
        self.write_group()?;
        self.writer.into_inner()
    }
}

/// What belongs to some kinds only.
#[derive(Default)]
struct Details {
    direction: Option<&'static str>,
    number: Option<Number>,
    update: Option<&'static str>,
    cause: Option<u8>,
    name: Option<DomainName>,
    length_ms: Option<i64>,
}

impl Details {
    fn of(kind: &Kind) -> Self {
        let none = Self::default();
        match *kind {
            Kind::LocationUpdate { update, .. } => Self { update: Some(update.name()), ..none },
            Kind::LocationUpdateRejected { update, cause } => {
                Self { update: Some(update.name()), cause: Some(cause), ..none }
            }
            Kind::RoutingAreaUpdate { update, .. } => Self { update: Some(update.name()), ..none },
            Kind::RoutingAreaUpdateRejected { update, cause } => {
                Self { update: Some(update.name()), cause: Some(cause), ..none }
            }
            Kind::ServiceRejected { cause } | Kind::GprsAttachRejected { cause } => Self { cause: Some(cause), ..none },
            Kind::CallSetup { direction, number, .. } | Kind::CallAnswered { direction, number } => {
                Self { direction: Some(direction.name()), number, ..none }
            }
            Kind::CallEnded { direction, number, answered, cause, .. } => {
                Self { direction: Some(direction.name()), number, cause, length_ms: length_ms(answered), ..none }
            }
            Kind::Sms { direction, peer } => Self { direction: Some(direction.name()), number: peer, ..none },
            Kind::SmsRejected { direction, peer, cause } => {
                Self { direction: Some(direction.name()), number: peer, cause: Some(cause), ..none }
            }
            Kind::Ussd { code } => Self { number: Some(code), ..none },
            Kind::CallForwarding(forwarding) => Self { number: forwarding.to, ..none },
            Kind::PdpActivated { access_point } | Kind::PdpDeactivated { access_point } => {
                Self { name: access_point, ..none }
            }
            Kind::WebVisit { host } => Self { name: Some(host), ..none },
            Kind::ImsiDetach
            | Kind::PagingResponse
            | Kind::Handover
            | Kind::ImeiSeen
            | Kind::Sighting
            | Kind::GprsAttach { .. }
            | Kind::GprsDetach { .. } => none,
        }
    }
}

fn length_ms(answered: Answered) -> Option<i64> {
    i64::try_from(answered.length()?.as_millis()).ok()
}
