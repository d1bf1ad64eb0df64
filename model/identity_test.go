package model

import (
	"strings"
	"testing"
)

func TestDomain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		user User
		want string
	}{
		{User{Username: "a@Contoso.com", Email: "b@other.com"}, "contoso.com"},
		{User{Username: "a", Email: "b@Other.com"}, "other.com"},
		{User{Username: "a"}, ""},
		{User{}, ""},
	} {
		if got := c.user.Domain(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.user, got, c.want)
		}
	}
}

func TestTenantID(t *testing.T) {
	t.Parallel()
	for _, good := range []TenantID{"a", "contoso", "a-b", TenantID(strings.Repeat("a", 40))} {
		if err := good.Validate(); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []TenantID{"", "-a", "a-", "A", "a.b", "a--b", "a_b", TenantID(strings.Repeat("a", 41)), "a\n"} {
		if bad.Validate() == nil {
			t.Errorf("%q passed", bad)
		}
	}
}

func TestExtension(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"a.DOCX": "docx", "a.tar.gz": "gz", "a": "", ".": "", "a.": "", "a.b/c": "", `a.b\c`: ""} {
		if got := (File{Name: name}).Extension(); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
