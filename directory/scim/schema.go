package scim

import "strings"

// The schemas (RFC 7643 section 8).
const (
	userSchema       = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupSchema      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

func coreSchema(s string) bool {
	return strings.EqualFold(s, userSchema) || strings.EqualFold(s, groupSchema)
}

// attribute describes an attribute (RFC 7643 section 7). The zero value of each property is the usual one: a single
// string that clients read and write.
type attribute struct {
	name     string
	kind     string // "" for string; "boolean", "complex", "reference", "dateTime", "binary"
	multi    bool
	required bool
	readOnly bool
	unique   bool
	request  bool // returned only where it is asked for
	doc      string
	subs     []attribute
}

// schema is a resource's or an extension's attributes.
type schema struct {
	id, name, doc string
	attributes    []attribute
}

func plain(names ...string) []attribute {
	out := make([]attribute, len(names))
	for i, n := range names {
		out[i] = attribute{name: n}
	}
	return out
}

// several is a multi-valued attribute with the sub-attributes of RFC 7643 section 2.4.
func several(name, doc string, subs ...attribute) attribute {
	subs = append(subs, attribute{name: "display"}, attribute{name: "type"}, attribute{name: "primary", kind: "boolean"})
	return attribute{name: name, kind: "complex", multi: true, doc: doc, subs: subs}
}

var value = attribute{name: "value"}

var core = schema{userSchema, "User", "A person.", []attribute{
	{name: "userName", required: true, unique: true, doc: "The sign-in name. Compared whatever its case."},
	{name: "name", kind: "complex", subs: plain("formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix")},
	{name: "displayName"},
	{name: "nickName"},
	{name: "profileUrl", kind: "reference"},
	{name: "title"},
	{name: "userType", doc: "Guest or External marks a guest, Member a member; otherwise the domain of the sign-in name decides."},
	{name: "preferredLanguage"},
	{name: "locale"},
	{name: "timezone"},
	{name: "active", kind: "boolean", doc: "When false, the person's sessions end and nobody signs in as them."},
	several("emails", "", value),
	several("phoneNumbers", "", value),
	several("ims", "", value),
	several("photos", "", attribute{name: "value", kind: "reference"}),
	several("addresses", "", plain("formatted", "streetAddress", "locality", "region", "postalCode", "country")...),
	{name: "groups", kind: "complex", multi: true, readOnly: true, request: true, subs: []attribute{value, {name: "$ref", kind: "reference"}, {name: "display"}, {name: "type"}}, doc: "Returned where it is asked for."},
	several("entitlements", "", value),
	several("roles", "Policies see their values as the person's roles.", value),
	several("x509Certificates", "", attribute{name: "value", kind: "binary"}),
}}

var enterprise = schema{enterpriseSchema, "EnterpriseUser", "A person in an organisation.", append(plain("employeeNumber", "costCenter", "organization", "division", "department"),
	attribute{name: "manager", kind: "complex", subs: []attribute{value, {name: "$ref", kind: "reference"}, {name: "displayName", readOnly: true}}})}

var groupCore = schema{groupSchema, "Group", "A group of people and groups.", []attribute{
	{name: "displayName", required: true, unique: true, doc: "Policies name the group by its externalId or by this."},
	{name: "members", kind: "complex", multi: true, subs: []attribute{value, {name: "$ref", kind: "reference"}, {name: "type"}, {name: "display"}}},
}}

// resource is a type of resource (RFC 7643 section 6).
type resource struct {
	name, endpoint string
	schema         *schema
	extension      *schema // nil where there is none
}

var (
	users  = &resource{"User", "/Users", &core, &enterprise}
	groups = &resource{"Group", "/Groups", &groupCore, nil}
)

func find(list []attribute, name string) *attribute {
	for i := range list {
		if strings.EqualFold(list[i].name, name) {
			return &list[i]
		}
	}
	return nil
}

// common are the attributes of every resource (RFC 7643 section 3.1).
var common = []attribute{{name: "externalId"}, {name: "id", readOnly: true}, {name: "schemas", readOnly: true, multi: true}, {name: "meta", kind: "complex", readOnly: true, subs: plain("resourceType", "created", "lastModified", "location", "version")}}

// resolve brings a path to the schema's names. ok is false for attributes that no schema has.
func (t *resource) resolve(p Path) (path Path, a, sub *attribute, ok bool) {
	switch {
	case t.extension != nil && strings.EqualFold(p.Schema, t.extension.id):
		path.Schema = t.extension.id
		a = find(t.extension.attributes, p.Attr)
	case p.Schema == "" || strings.EqualFold(p.Schema, t.schema.id):
		if a = find(t.schema.attributes, p.Attr); a == nil {
			a = find(common, p.Attr)
		}
	}
	if a == nil {
		return path, nil, nil, false
	}
	path.Attr = a.name
	if p.Sub == "" {
		return path, a, nil, true
	}
	if sub = find(a.subs, p.Sub); sub == nil {
		return path, a, nil, false
	}
	path.Sub = sub.name
	return path, a, sub, true
}

// describe writes a schema as /Schemas shows it.
func (s *schema) describe(base string) object {
	return object{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Schema"}, "id": s.id, "name": s.name, "description": s.doc, "attributes": describeAll(s.attributes),
		"meta": object{"resourceType": "Schema", "location": base + "/Schemas/" + s.id},
	}
}

func describeAll(list []attribute) []object {
	out := make([]object, len(list))
	for i, a := range list {
		kind, mutability, returned, uniqueness := a.kind, "readWrite", "default", "none"
		if kind == "" {
			kind = "string"
		}
		if a.readOnly {
			mutability = "readOnly"
		}
		if a.request {
			returned = "request"
		}
		if a.unique {
			uniqueness = "server"
		}
		out[i] = object{
			"name": a.name, "type": kind, "multiValued": a.multi, "description": a.doc, "required": a.required, "caseExact": false,
			"mutability": mutability, "returned": returned, "uniqueness": uniqueness,
		}
		if a.kind == "reference" {
			out[i]["referenceTypes"] = []string{"external"}
		}
		if len(a.subs) > 0 {
			out[i]["subAttributes"] = describeAll(a.subs)
		}
	}
	return out
}

// describe writes a type as /ResourceTypes shows it.
func (t *resource) describe(base string) object {
	out := object{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"}, "id": t.name, "name": t.name, "endpoint": t.endpoint, "description": t.schema.doc,
		"schema": t.schema.id, "meta": object{"resourceType": "ResourceType", "location": base + "/ResourceTypes/" + t.name},
	}
	if t.extension != nil {
		out["schemaExtensions"] = []object{{"schema": t.extension.id, "required": false}}
	}
	return out
}

// config is what /ServiceProviderConfig shows (RFC 7643 section 5).
func config(base string) object {
	return object{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"patch":   object{"supported": true}, "bulk": object{"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
		"filter": object{"supported": true, "maxResults": maxPage}, "changePassword": object{"supported": false}, "sort": object{"supported": false}, "etag": object{"supported": true},
		"authenticationSchemes": []object{{"type": "oauthbearertoken", "name": "Bearer token", "description": "A token that \"referee directory token create\" makes.", "primary": true}},
		"meta":                  object{"resourceType": "ServiceProviderConfig", "location": base + "/ServiceProviderConfig"},
	}
}
