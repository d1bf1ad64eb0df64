package logtest

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/model"
)

// sample makes the n-th of a family of activities that have every field set in some of them, in varied ways.
func sample(n int) model.Activity {
	pick := func(words ...string) string { return words[n%len(words)] }
	a := model.Activity{
		ID:       activitylog.ID(tenant, model.SourceSession, fmt.Sprint("sample-", n)),
		Tenant:   tenant,
		Revision: 1,
		Time:     noon.Add(time.Duration(n) * 37 * time.Minute).Add(time.Duration(n) * time.Microsecond),
		Source:   []model.Source{model.SourceSession, model.SourceAccess, model.SourceConnector}[n%3],
		Type:     []model.ActivityType{model.ActivityDownload, model.ActivityLogin, model.ActivityView, model.ActivityUpload, model.ActivityPrint}[n%5],
		Taken:    []model.Taken{model.TakenNone, model.TakenBlock, model.TakenAudit}[n%3],
		App:      model.AppRef{ID: model.AppID(11161 + n%4), Key: pick("onedrive", "sharepoint", "Salesforce"), Name: pick("OneDrive for Business", "SharePoint Online", "Salesforce")},
		User: model.User{
			ID: model.UserID(fmt.Sprint("user-", n%9)), Name: pick("Ann Lee", "Böb Strauß", "İsmail"), Username: fmt.Sprintf("u%d@%s", n%9, pick("contoso.com", "Fabrikam.com")),
			External: n%4 == 0,
		},
		Device:  model.ActivityDevice{ID: pick("", "dev-1", "dev-2")},
		Network: model.Network{Address: address(n), Country: pick("DK", "SE", "", "US"), City: pick("Aarhus", "Malmö", ""), ISP: pick("TDC", "Telia"), ASN: uint32(n % 3 * 1000)},
		Agent:   model.Agent{Raw: pick("Mozilla/5.0 (Windows NT 10.0)", "curl/8.5.0"), OS: pick("Windows 10", "Linux"), Browser: pick("Edge", "")},
		Admin:   n%11 == 0,
		Host:    pick("contoso-my.sharepoint.com", "contoso.my.salesforce.com"),
		Path:    fmt.Sprintf("/personal/d%d", n%7),
		Method:  pick("GET", "POST"),
		Status:  []int{200, 403, 0, 302}[n%4],
	}
	a.Recorded = a.Time.Add(time.Second)
	a.Reference = activitylog.Reference(a.ID)
	sampleLists(&a, n)
	return a
}

func sampleLists(a *model.Activity, n int) {
	if n%2 == 0 {
		a.Device.Tags = []model.DeviceTag{model.TagUnmanaged}
	}
	if n%3 == 0 {
		a.User.Groups = []model.GroupID{"Directors", "all staff"}
		a.Network.Categories = []string{"Corporate"}
		a.Network.Tags = []string{"HQ", "guest wifi"}
	}
	if n%5 < 3 {
		a.Files = []model.File{{ID: fmt.Sprint("f", n), Name: fmt.Sprintf("Budget %d.XLSX", n%6), MIME: "application/vnd.ms-excel", Size: int64(n * 1000), SHA256: fmt.Sprintf("%064x", n)}}
		a.BytesDown = int64(n) * 1000
	}
	if n%7 == 0 {
		a.Files = append(a.Files, model.File{Name: "notes.txt", Size: -1, Labels: []model.Label{{ID: "l1", Name: "Confidential"}}})
		a.Objects = []model.Object{{Type: "folder", ID: "o1", Name: "Finance"}}
		a.Policies = []model.PolicyRef{{ID: "block-unmanaged", Name: "OneDrive - Block download from unmanaged", Action: "block", Revision: 3}}
		a.Detail = map[string]any{"raw": "x", "n": float64(n)}
		a.Reason = "Ünmanaged device"
	}
}

func address(n int) netip.Addr {
	switch n % 4 {
	case 0:
		return netip.AddrFrom4([4]byte{203, 0, 113, byte(n)})
	case 1:
		return netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", n+1))
	case 2:
		return netip.MustParseAddr(fmt.Sprintf("::ffff:198.51.100.%d", n%250))
	}
	return netip.Addr{}
}
