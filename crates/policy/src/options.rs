//! How strictly a policy is read.

/// What to do with a field name that no alert of the profile has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum UnknownFields {
    /// It is an error: most often it is a typing mistake, and then the signature would never match.
    #[default]
    Refuse,
    /// It is taken as it is: for alerts with fields of one's own.
    Allow,
}

/// How to load a policy.
#[derive(Clone, Copy, Debug, Default)]
pub struct LoadOptions {
    /// What to do with a field name that no alert of the profile has.
    pub unknown_fields: UnknownFields,
}
