//! What `--store` is given: a folder, or the URL of a part of a bucket.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{TypedValueParser, ValueParserFactory};
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};
use cnn_report::StoreAt;
use cnn_report::store::Address;

/// A folder or a URL.
#[derive(Debug, Clone)]
pub enum Named {
    Folder(PathBuf),
    Url(Address),
}

impl Named {
    pub fn place(&self) -> StoreAt {
        match self {
            Self::Folder(folder) => StoreAt::Folder(folder.clone()),
            Self::Url(address) => StoreAt::Url(address.clone()),
        }
    }
}

#[derive(Clone)]
pub struct Parser;

impl ValueParserFactory for Named {
    type Parser = Parser;

    fn value_parser() -> Parser {
        Parser
    }
}

impl TypedValueParser for Parser {
    type Value = Named;

    /// clap's own message repeats the value, in which a password may stand.
    fn parse_ref(&self, command: &Command, _: Option<&Arg>, value: &OsStr) -> Result<Named, Error> {
        let address = value.to_str().map_or(Ok(None), Address::parse);
        match address {
            Ok(Some(address)) => Ok(Named::Url(address)),
            Ok(None) if value.is_empty() => Err(Error::raw(
                ErrorKind::InvalidValue,
                "`--store` names no folder\n",
            )
            .with_cmd(command)),
            Ok(None) => Ok(Named::Folder(value.into())),
            Err(error) => {
                let message = format!("`--store`: {error}\n");
                Err(Error::raw(ErrorKind::ValueValidation, message).with_cmd(command))
            }
        }
    }
}
