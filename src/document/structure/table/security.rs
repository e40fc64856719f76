//! Security Scheme Objects and Security Requirement Objects.

use super::super::shape::{ByValue, Case, Field, ListShape, MapShape, ObjectShape, Others, Shape, field, list};
use super::{DESCRIPTION, NAME, TEXT, TEXTS, UNIQUE_TEXTS, URI, map};
use crate::document::Version::{self, V2_0, V2_1, V2_6, V3_0};

const ANCHOR: &str = "securitySchemeObject";
const FLOW_ANCHOR: &str = "oauthFlowObject";

/// 2.x: names of schemes, each with its scopes.
pub(super) static REQUIREMENTS_2: ListShape = list(Shape::Map(&REQUIREMENT));
static REQUIREMENT: MapShape = map(Shape::List(&UNIQUE_TEXTS));

/// 3.x: the schemes themselves, or references to them.
pub(super) static REQUIREMENTS_3: ListShape = list(SECURITY_SCHEME);

/// A scheme, or a reference to one.
pub(super) static SECURITY_SCHEME: Shape = Shape::Referable(&Shape::ByValue(&SCHEME));

const fn case(value: &'static str, since: Version, shape: Shape) -> Case {
    Case { value, since, shape }
}

static SCHEME: ByValue = ByValue {
    name: "Security Scheme Object",
    field: "type",
    cases: &[
        case("userPassword", V2_0, Shape::Object(&PLAIN)),
        case("apiKey", V2_0, Shape::Object(&API_KEY)),
        case("X509", V2_0, Shape::Object(&PLAIN)),
        case("symmetricEncryption", V2_0, Shape::Object(&PLAIN)),
        case("asymmetricEncryption", V2_0, Shape::Object(&PLAIN)),
        case("httpApiKey", V2_0, Shape::Object(&HTTP_API_KEY)),
        case("http", V2_0, Shape::ByValue(&HTTP_SCHEME)),
        case("oauth2", V2_0, Shape::Object(&OAUTH2)),
        case("openIdConnect", V2_0, Shape::Object(&OPEN_ID_CONNECT)),
        case("plain", V2_1, Shape::Object(&PLAIN)),
        case("scramSha256", V2_1, Shape::Object(&PLAIN)),
        case("scramSha512", V2_1, Shape::Object(&PLAIN)),
        case("gssapi", V2_1, Shape::Object(&PLAIN)),
    ],
    otherwise: None,
    absent: None,
};

static HTTP_SCHEME: ByValue = ByValue {
    name: "Security Scheme Object of type `http`",
    field: "scheme",
    cases: &[case("bearer", V2_0, Shape::Object(&BEARER))],
    otherwise: Some(Shape::Object(&HTTP)),
    absent: None,
};

const TYPE: Field = field("type", TEXT).required();

static PLAIN: ObjectShape = scheme("Security Scheme Object", &[TYPE, DESCRIPTION]);

static API_KEY: ObjectShape = scheme(
    "Security Scheme Object of type `apiKey`",
    &[TYPE, DESCRIPTION, field("in", Shape::OneOf(&["user", "password"])).required()],
);

static HTTP_API_KEY: ObjectShape = scheme(
    "Security Scheme Object of type `httpApiKey`",
    &[TYPE, DESCRIPTION, NAME.required(), field("in", Shape::OneOf(&["header", "query", "cookie"])).required()],
);

static HTTP: ObjectShape =
    scheme("Security Scheme Object of type `http`", &[TYPE, DESCRIPTION, field("scheme", TEXT).required()]);

static BEARER: ObjectShape = scheme(
    "Security Scheme Object of type `http`",
    &[TYPE, DESCRIPTION, field("scheme", TEXT).required(), field("bearerFormat", TEXT)],
);

static OPEN_ID_CONNECT: ObjectShape = scheme(
    "Security Scheme Object of type `openIdConnect`",
    &[TYPE, DESCRIPTION, field("openIdConnectUrl", URI).required(), field("scopes", Shape::List(&TEXTS)).since(V3_0)],
);

/// The official schemas leave it open to other keys.
static OAUTH2: ObjectShape = ObjectShape {
    others: Others::Tolerated,
    ..scheme(
        "Security Scheme Object of type `oauth2`",
        &[
            TYPE,
            DESCRIPTION,
            field("flows", Shape::Object(&OAUTH_FLOWS)).required(),
            field("scopes", Shape::List(&TEXTS)).since(V3_0),
        ],
    )
};

const fn scheme(name: &'static str, fields: &'static [Field]) -> ObjectShape {
    ObjectShape { name, anchor: ANCHOR, fields, any_of: &[], others: Others::Extensions }
}

static OAUTH_FLOWS: ObjectShape = ObjectShape {
    name: "OAuth Flows Object",
    anchor: "oauthFlowsObject",
    fields: &[
        field("implicit", Shape::Object(&IMPLICIT)),
        field("password", Shape::Object(&BY_TOKEN)),
        field("clientCredentials", Shape::Object(&BY_TOKEN)),
        field("authorizationCode", Shape::Object(&AUTHORIZATION_CODE)),
    ],
    any_of: &[],
    others: Others::Extensions,
};

const AUTHORIZATION_URL: Field = field("authorizationUrl", URI).required();
const TOKEN_URL: Field = field("tokenUrl", URI).required();
const REFRESH_URL: Field = field("refreshUrl", URI);
static SCOPES: Field = field("scopes", Shape::Map(&SCOPE_MAP)).required().until(V2_6);
static AVAILABLE_SCOPES: Field = field("availableScopes", Shape::Map(&SCOPE_MAP)).required().since(V3_0);
static SCOPE_MAP: MapShape = map(TEXT);

static IMPLICIT: ObjectShape =
    flow("OAuth Flow Object `implicit`", &[AUTHORIZATION_URL, REFRESH_URL, SCOPES, AVAILABLE_SCOPES]);
static BY_TOKEN: ObjectShape = flow("OAuth Flow Object", &[TOKEN_URL, REFRESH_URL, SCOPES, AVAILABLE_SCOPES]);
static AUTHORIZATION_CODE: ObjectShape = flow(
    "OAuth Flow Object `authorizationCode`",
    &[AUTHORIZATION_URL, TOKEN_URL, REFRESH_URL, SCOPES, AVAILABLE_SCOPES],
);

const fn flow(name: &'static str, fields: &'static [Field]) -> ObjectShape {
    ObjectShape { name, anchor: FLOW_ANCHOR, fields, any_of: &[], others: Others::Extensions }
}
