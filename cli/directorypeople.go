package cli

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// selection are the flags of both lists.
func selection(c *cobra.Command) func() url.Values {
	source, match := "", ""
	c.Flags().StringVar(&source, "source", "", "only this source's")
	c.Flags().StringVar(&match, "match", "", "contained in a name, sign-in name, address or external id")
	return func() url.Values {
		q := url.Values{}
		for key, v := range map[string]string{"source": source, "match": match} {
			if v != "" {
				q.Set(key, v)
			}
		}
		return q
	}
}

func (a *app) directoryUserList() *cobra.Command {
	deleted := false
	c := &cobra.Command{Use: "list", Short: "List users", Args: cobra.NoArgs, Example: "  referee directory user list --source okta --match anna"}
	chosen := selection(c)
	c.Flags().BoolVar(&deleted, "deleted", false, "also those that were deleted")
	c.RunE = func(c *cobra.Command, _ []string) error {
		q := chosen()
		if deleted {
			q.Set("deleted", "true")
		}
		text, err := a.tenantList(c, "/directory/users", q)
		if err != nil {
			return err
		}
		return show(a, text, func(l items[personView]) error { return a.print(a.people(l.Items)) })
	}
	return c
}

// personView is what one source says of a person.
type personView struct {
	Source, ID, ExternalID, Username, Name, Email, State, GuestType string
	Guest                                                           *bool
	Changed                                                         time.Time
}

func (a *app) people(all []personView) *table {
	t := newTable("SOURCE", "USER", "NAME", "STATE", "GUEST", "ID", "CHANGED")
	for _, u := range all {
		guest := "-"
		if u.Guest != nil {
			guest = map[bool]string{true: "guest", false: "member"}[*u.Guest]
		}
		if u.GuestType != "" {
			guest = u.GuestType
		}
		t.row(u.Source, dash(u.Username), dash(u.Name), u.State, guest, u.ID, a.when(u.Changed))
	}
	return t
}

func (a *app) directoryUserShow() *cobra.Command {
	return &cobra.Command{
		Use: "show USER", Short: "Show what each source says of a user, and what policies see", Args: exactly(1, "a sign-in name, external id or id"), Example: "  referee directory user show anna@contoso.com",
		RunE: func(c *cobra.Command, args []string) error {
			text, err := a.tell(c, http.MethodGet, "/directory/users/"+url.PathEscape(args[0]), nil, nil)
			if err != nil {
				return err
			}
			return show(a, text, func(p struct {
				Refused string
				Entries []personView
				Facts   []struct {
					Kind, Value, Name, Source string
					At                        time.Time
				}
				User struct {
					External  bool
					GuestType string
				}
			},
			) error {
				if err := a.print(a.people(p.Entries)); err != nil {
					return err
				}
				t := newTable("POLICIES SEE", "VALUE", "NAME", "SAID BY", "AS OF")
				for _, f := range p.Facts {
					t.row(f.Kind, f.Value, dash(strings.TrimPrefix(f.Name, f.Value)), f.Source, a.when(f.At))
				}
				t.row("external", fmt.Sprint(p.User.External), dash(p.User.GuestType), "-", "-")
				if err := a.print(t); err != nil {
					return err
				}
				if p.Refused != "" {
					a.note("signs in nowhere: %s", plain(p.Refused))
				}
				return nil
			})
		},
	}
}

// groupView is what a source says of a group.
type groupView struct {
	Source, ID, ExternalID, Name string
	Role                         bool
	Names                        []string
	Changed                      time.Time
}

func (a *app) directoryGroupList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "List groups and directory roles", Args: cobra.NoArgs, Example: "  referee directory group list --match sales"}
	chosen := selection(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		text, err := a.tenantList(c, "/directory/groups", chosen())
		if err != nil {
			return err
		}
		return show(a, text, func(l items[groupView]) error { return a.print(a.groups(l.Items)) })
	}
	return c
}

func (a *app) groups(all []groupView) *table {
	t := newTable("SOURCE", "GROUP", "KIND", "POLICIES NAME IT", "ID", "CHANGED")
	for _, g := range all {
		kind := "group"
		if g.Role {
			kind = "role"
		}
		t.row(g.Source, dash(g.Name), kind, strings.Join(g.Names, " or "), g.ID, a.when(g.Changed))
	}
	return t
}

func (a *app) directoryGroupShow() *cobra.Command {
	source := ""
	c := &cobra.Command{
		Use: "show GROUP", Short: "Show a group with its members", Args: exactly(1, "a name, external id or id"), Example: "  referee directory group show Sales",
		RunE: func(c *cobra.Command, args []string) error {
			q := url.Values{}
			if source != "" {
				q.Set("source", source)
			}
			text, err := a.tell(c, http.MethodGet, "/directory/groups/"+url.PathEscape(args[0]), q, nil)
			if err != nil {
				return err
			}
			return show(a, text, func(g struct {
				groupView
				Members []struct {
					ID, Name string
					Group    bool
				}
				More bool
				In   []groupView
			},
			) error {
				if err := a.print(a.groups(append([]groupView{g.groupView}, g.In...))); err != nil {
					return err
				}
				t := newTable("MEMBER", "KIND", "ID")
				for _, m := range g.Members {
					t.row(dash(m.Name), map[bool]string{true: "group", false: "user"}[m.Group], m.ID)
				}
				if err := a.print(t); err != nil {
					return err
				}
				if len(g.In) > 0 {
					a.note("the rows after the first are groups that it is in")
				}
				if g.More {
					a.note("there are more members")
				}
				return nil
			})
		},
	}
	c.Flags().StringVar(&source, "source", "", "only in this source")
	return c
}
