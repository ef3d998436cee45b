//! The services that object_store speaks to, as the environment says.

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;

use crate::store::address::{Address, Service};

/// Endpoint, region and credentials are read from the variables that the services' own tools read. Retries are
/// object_store's: what got no answer, or a 5xx, is sent again up to ten times within three minutes.
pub fn client(address: &Address) -> Result<Arc<dyn ObjectStore>, object_store::Error> {
    // reqwest is built without cryptography of its own. Where a provider is there already, it stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let bucket = address.bucket();
    Ok(match address.service() {
        Service::Amazon => Arc::new(
            AmazonS3Builder::from_env()
                .with_bucket_name(bucket)
                .build()?,
        ),
        Service::Google => Arc::new(
            GoogleCloudStorageBuilder::from_env()
                .with_bucket_name(bucket)
                .build()?,
        ),
        Service::Azure => Arc::new(
            MicrosoftAzureBuilder::from_env()
                .with_container_name(bucket)
                .build()?,
        ),
    })
}
