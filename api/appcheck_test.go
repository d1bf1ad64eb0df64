package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/referee-casb/referee/api/apitest"
	"github.com/referee-casb/referee/catalog/appprofile"
)

// TestAppCheckRoute asks for checks that a server can't or won't do; what comes of those that it does is package appcheck's.
func TestAppCheckRoute(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	const at = contoso + "/apps/check"
	f.Want(t, "contoso/reader", "POST", at, `{"host":"app.example.com"}`, http.StatusForbidden, nil)
	f.Want(t, "contoso/operator", "POST", at, `{"host":"http://app.example.com"}`, 422, nil)
	f.Want(t, "contoso/operator", "POST", at, `{}`, 422, nil)
	if got := f.Want(t, "contoso/operator", "POST", at, `{"host":"app.example.com"}`, http.StatusServiceUnavailable, nil); !strings.Contains(string(got.Body), "can't be reached") {
		t.Errorf("%s", got.Body)
	}
	if rows := f.Log.Rows("contoso"); len(rows) == 0 || rows[len(rows)-1].Objects[0].ID != "app.example.com" {
		t.Errorf("%+v", rows)
	}
}

func TestAppProfileRoute(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	var got struct {
		Items []struct {
			App, Evidence string
			Supported     bool
			Limits        []string
		}
	}
	f.Want(t, "contoso/reader", "GET", "/api/v2/app-profiles", nil, 200, &got)
	if len(got.Items) != len(appprofile.All()) || got.Items[0].App != "aws" || got.Items[0].Supported || len(got.Items[0].Limits) == 0 {
		t.Errorf("%+v", got)
	}
}
