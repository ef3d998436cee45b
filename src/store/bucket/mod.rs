//! A store in an object store: the only part of the program that speaks to a network, and only where a URL is given.
//!
//! object_store is asynchronous. Its runtime is in here, without a thread of its own: it runs while a caller waits for an
//! answer. An object is put whole or not at all, and of two writers the last one stands; entries have their content's
//! name, so that both wrote the same.
//!
//! The first request that fails, after object_store's retries, is the last one that is sent: from then on everything is
//! missing and nothing can be written. Who asks looks at `fault` before it makes anything of what is missing.

mod client;
mod fault;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use tokio::runtime::{Builder, Runtime};

use super::address::Address;
use super::stored::Stored;
use crate::fs::FileError;

pub struct Bucket {
    address: Address,
    objects: Arc<dyn ObjectStore>,
    runtime: Runtime,
    fault: Mutex<Option<Fault>>,
}

/// The request that failed.
struct Fault {
    action: &'static str,
    /// Name of the object below the store.
    name: String,
    reason: String,
}

/// Requests that are under way at once, where there are many: a round trip is some 30 ms, an entry mostly below 1 MB.
const AT_ONCE: usize = 16;

/// Written by every build, which so finds out before it computes whether it may write. Says what the objects are.
const NOTE: &str = "about-this-store.txt";
const NOTE_CONTENT: &str =
    "Results that cnn-report has computed. They can be deleted at any time.\n";

impl Bucket {
    /// An error where nothing can be written.
    pub fn open(address: &Address) -> Result<Self, FileError> {
        let bucket = Self::unasked(address)?;
        bucket.write(NOTE, NOTE_CONTENT.into())?;
        Ok(bucket)
    }

    /// `None` where there is no store.
    pub fn open_read_only(address: &Address) -> Result<Option<Self>, FileError> {
        let bucket = Self::unasked(address)?;
        let is_store = bucket.read(NOTE).is_some();
        bucket.fault()?;
        Ok(is_store.then_some(bucket))
    }

    fn unasked(address: &Address) -> Result<Self, FileError> {
        let objects = client::client(address).map_err(|error| FileError {
            action: "use the store",
            path: address.to_string().into(),
            source: std::io::Error::other(fault::told(&error)),
        })?;
        Self::over(address, objects)
    }

    pub(super) fn over(
        address: &Address,
        objects: Arc<dyn ObjectStore>,
    ) -> Result<Self, FileError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|source| FileError {
            action: "use the store",
            path: address.to_string().into(),
            source,
        })?;
        Ok(Self {
            address: address.clone(),
            objects,
            runtime,
            fault: Mutex::new(None),
        })
    }

    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The first request that failed.
    pub fn fault(&self) -> Result<(), FileError> {
        let fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        match &*fault {
            None => Ok(()),
            Some(fault) => Err(FileError {
                action: fault.action,
                path: self.address.url_of(&fault.name),
                source: std::io::Error::other(fault.reason.clone()),
            }),
        }
    }

    /// What an object holds; `None` where there is none, and behind a fault.
    pub fn read(&self, name: &str) -> Option<Vec<u8>> {
        let mut content = None;
        self.read_each(&[(name.to_owned(), None)], &mut |_, one| content = one);
        content
    }

    /// The same of many, of some only so many first bytes; each is given away as soon as it and those before it are there.
    pub fn read_each(
        &self,
        names: &[(String, Option<u64>)],
        each: &mut dyn FnMut(usize, Option<Vec<u8>>),
    ) {
        if self.fault().is_err() {
            return;
        }
        let answers = stream::iter(names).map(|(name, limit)| self.content(name, *limit));
        let mut answers = answers.buffered(AT_ONCE).enumerate();
        self.runtime.block_on(async {
            while let Some((at, answer)) = answers.next().await {
                match answer {
                    Ok(content) => each(at, Some(content)),
                    // As S3 and Azure call it; without the bucket nothing is found, and that is a fault.
                    Err(object_store::Error::NotFound { source, .. })
                        if !is_about_bucket(&source.to_string()) =>
                    {
                        each(at, None);
                    }
                    Err(error) => {
                        self.failed("read", &names[at].0, &error);
                        break;
                    }
                }
            }
        });
    }

    async fn content(
        &self,
        name: &str,
        limit: Option<u64>,
    ) -> Result<Vec<u8>, object_store::Error> {
        let path = self.path(name)?;
        let content = match limit {
            None => self.objects.get(&path).await?.bytes().await?,
            // Nothing of nothing is no range.
            Some(0) => return Ok(Vec::new()),
            Some(limit) => self.objects.get_range(&path, 0..limit).await?,
        };
        Ok(content.into())
    }

    pub fn contains(&self, name: &str) -> bool {
        if self.fault().is_err() {
            return false;
        }
        let answer = self.path(name).map_err(object_store::Error::from);
        let answer = answer.and_then(|path| {
            self.runtime
                .block_on(async { self.objects.head(&path).await })
        });
        match answer {
            Ok(_) => true,
            Err(object_store::Error::NotFound { .. }) => false,
            Err(error) => {
                self.failed("read", name, &error);
                false
            }
        }
    }

    pub fn write(&self, name: &str, content: Vec<u8>) -> Result<(), FileError> {
        self.fault()?;
        let written = self.path(name).map_err(object_store::Error::from);
        let written = written.and_then(|path| {
            let put = async { self.objects.put(&path, content.into()).await };
            self.runtime.block_on(put)
        });
        written.map_or_else(|error| self.failed("write", name, &error), |_| ());
        self.fault()
    }

    /// The objects below a folder of the store, by their names in the store.
    pub fn list(&self, folder: &str) -> Result<Vec<Stored>, FileError> {
        self.fault()?;
        let listed = self.path(folder).map_err(object_store::Error::from);
        let listed = listed.and_then(|path| {
            let all = self.objects.list(Some(&path)).try_collect::<Vec<_>>();
            self.runtime.block_on(all)
        });
        let listed = listed.unwrap_or_else(|error| {
            self.failed("list", folder, &error);
            Vec::new()
        });
        self.fault()?;
        let store = self.address.object("");
        let named = listed.into_iter().filter_map(|object| {
            let name = object.location.as_ref().strip_prefix(&store)?.to_owned();
            Some(Stored {
                name,
                bytes: object.size,
                last_used: SystemTime::from(object.last_modified),
            })
        });
        Ok(named.collect())
    }

    /// Removes objects; what is not there was removed by another.
    pub fn remove(&self, names: &[String]) -> Result<(), FileError> {
        self.fault()?;
        let paths = names.iter().map(|name| Ok(self.path(name)?));
        let paths: Vec<Result<Path, object_store::Error>> = paths.collect();
        let removed = self.objects.delete_stream(stream::iter(paths).boxed());
        let removed = removed.filter(|one| {
            let is_gone = matches!(one, Err(object_store::Error::NotFound { .. }));
            std::future::ready(!is_gone)
        });
        let removed = self.runtime.block_on(removed.try_collect::<Vec<_>>());
        let first = names.first().map_or("", String::as_str);
        removed.map_or_else(|error| self.failed("remove", first, &error), |_| ());
        self.fault()
    }

    fn path(&self, name: &str) -> Result<Path, object_store::path::Error> {
        Path::parse(self.address.object(name))
    }

    /// Only the first fault counts: those behind it follow from it.
    fn failed(&self, action: &'static str, name: &str, error: &object_store::Error) {
        let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        fault.get_or_insert_with(|| Fault {
            action,
            name: name.to_owned(),
            reason: fault::told(error),
        });
    }
}

fn is_about_bucket(answer: &str) -> bool {
    ["NoSuchBucket", "ContainerNotFound"]
        .iter()
        .any(|code| answer.contains(code))
}

#[cfg(test)]
mod tests;
