package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

// BenchmarkSessionsNamed finds one of 5,000 sessions by each kind of name, and reads them all to compare.
func BenchmarkSessionsNamed(b *testing.B) {
	db, err := Open(b.Context(), filepath.Join(b.TempDir(), "x.db"), Options{Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if _, err := db.PutTenant(b.Context(), tenant.Tenant{ID: "contoso", Name: "Contoso"}); err != nil {
		b.Fatal(err)
	}
	now := time.Now()
	for i := range 5000 {
		name := fmt.Sprint("person", i)
		s := session.Session{
			ID: model.SessionID(fmt.Sprint("s", i)), Tenant: "contoso", User: model.User{ID: model.UserID(name), Email: name + "@contoso.example"},
			Auth: model.Authentication{Subject: name, Session: "p" + name}, Created: now, LastSeen: now, Expires: now.Add(time.Hour),
		}
		if err := db.PutSession(b.Context(), s); err != nil {
			b.Fatal(err)
		}
	}
	for name, names := range map[string]session.Names{
		"subject": {Subject: "person77"}, "session": {Session: "pperson77"}, "address": {Address: "Person77@contoso.example"}, "both": {Subject: "person77", Session: "person77"},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if list, err := db.SessionsNamed(context.Background(), "contoso", names, now); err != nil || len(list) != 1 {
					b.Fatal(len(list), err)
				}
			}
		})
	}
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			if list, err := db.Sessions(context.Background(), "contoso", "", now); err != nil || len(list) != 5000 {
				b.Fatal(len(list), err)
			}
		}
	})
}
