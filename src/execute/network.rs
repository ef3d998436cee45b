//! The network of a plan: its facts from the store, the network itself only when somebody runs it.

use std::cell::OnceCell;

use serde_json::{Value, json};

use crate::fs::FileError;
use crate::model::{Model, ModelError, ModelFacts};
use crate::plan::memory::Memory;
use crate::plan::{NamedModel, Task};
use crate::store::{Key, Store};

/// A network that is opened when it is needed.
pub struct Network {
    pub(super) model: NamedModel,
    facts: ModelFacts,
    /// What decides every number that comes out of it.
    identity: Value,
    opened: OnceCell<Model>,
}

/// The networks of a plan, in its order.
pub struct Networks(Vec<Network>);

impl Networks {
    /// `None` where there is not one for each of `models`.
    pub fn new(models: Vec<NamedModel>, found: Vec<Found>) -> Option<Self> {
        if models.is_empty() || models.len() != found.len() {
            return None;
        }
        let networks = models.into_iter().zip(found);
        let networks = networks.map(|(model, found)| Network::new(model, found));
        Some(Self(networks.collect()))
    }

    /// The one that a task explains.
    pub fn of(&self, task: &Task) -> &Network {
        &self.0[task.model]
    }

    pub fn all(&self) -> &[Network] {
        &self.0
    }

    /// Whether one of them had to be opened.
    pub fn are_open(&self) -> bool {
        self.0.iter().any(Network::is_open)
    }
}

/// Why a network cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    #[error(transparent)]
    Model(#[from] Box<ModelError>),
    #[error(transparent)]
    File(#[from] FileError),
}

/// The facts of a network, and the network where it had to be opened to find them.
pub struct Found {
    pub facts: ModelFacts,
    opened: Option<Model>,
    identity: Value,
}

/// The facts of a network: remembered, or found by loading it.
pub fn find(
    model: &NamedModel,
    store: Option<&Store>,
    memory: &dyn Memory,
) -> Result<Found, NetworkError> {
    crate::model::load::check_is_file(&model.source.file).map_err(Box::new)?;
    let identity = model.identity(memory)?;
    let (device, precision) = model.runs_on();
    let key = Key::new(json!({
        "facts": env!("MODEL_SOURCES"),
        "libtorch": env!("LIBTORCH_VERSION"),
        "model": identity,
        "device": device,
        "precision": precision,
    }));
    let known: Option<(ModelFacts, Vec<String>)> = store.and_then(|store| store.load(&key));
    if let Some((facts, companions)) = known
        && model
            .companions(&facts, memory)
            .is_ok_and(|now| now == companions)
    {
        let identity = json!([identity, companions]);
        return Ok(Found {
            facts,
            opened: None,
            identity,
        });
    }
    let opened = model.load().map_err(Box::new)?;
    let facts = opened.facts().clone();
    let companions = model.companions(&facts, memory)?;
    if let Some(store) = store {
        let _ = store.save(&key, &(&facts, &companions)); // found again where it cannot be kept
    }
    Ok(Found {
        identity: json!([identity, companions]),
        facts,
        opened: Some(opened),
    })
}

impl Network {
    fn new(model: NamedModel, found: Found) -> Self {
        Self {
            model,
            facts: found.facts,
            identity: found.identity,
            opened: found.opened.map_or_else(OnceCell::new, OnceCell::from),
        }
    }

    pub fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    /// What decides every number that comes out of it.
    pub fn identity(&self) -> &Value {
        &self.identity
    }

    /// The network, loaded at the first call.
    pub fn open(&self) -> Result<&Model, ModelError> {
        if let Some(model) = self.opened.get() {
            return Ok(model);
        }
        let model = self.model.load_known(self.facts.clone())?;
        Ok(self.opened.get_or_init(|| model))
    }

    /// The network, if it was opened.
    pub fn opened(&self) -> Option<&Model> {
        self.opened.get()
    }

    /// Whether it had to be opened.
    pub fn is_open(&self) -> bool {
        self.opened.get().is_some()
    }
}
