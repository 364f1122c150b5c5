//! `touchpoint schema`: what an editor completes, explains and underlines in the files that authors write.

use std::io::{self, Write};
use std::path::PathBuf;

use rules::language::{SchemaKind, schema};

use super::{Ending, Failure};

/// Writes the JSON Schema of scenario, policy and test files, for editors.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
With --out, an editor that speaks YAML is told by the first line of a file where its schema is:

  # yaml-language-server: $schema=../schema/scenario.schema.json")]
pub(crate) struct Schema {
    /// Which files: scenario, policy or test.
    #[arg(value_name = "KIND", default_value = "scenario", value_parser = kind, conflicts_with = "out")]
    kind: SchemaKind,
    /// Write all three into this folder: scenario.schema.json, policy.schema.json, test.schema.json.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn kind(text: &str) -> Result<SchemaKind, String> {
    let found = SchemaKind::ALL.into_iter().find(|kind| kind.name() == text);
    found.ok_or_else(|| format!("no kind of file `{text}`: say scenario, policy or test"))
}

impl Schema {
    pub(crate) fn run(&self) -> Result<Ending, Failure> {
        let Some(folder) = &self.out else {
            let text = serde_json::to_string_pretty(&schema(self.kind))?;
            writeln!(io::stdout(), "{text}").map_err(Failure::output)?;
            return Ok(Ending::Complete);
        };
        std::fs::create_dir_all(folder)?;
        for kind in SchemaKind::ALL {
            let text = serde_json::to_string_pretty(&schema(kind))?;
            std::fs::write(folder.join(format!("{}.schema.json", kind.name())), text + "\n")?;
        }
        Ok(Ending::Complete)
    }
}
