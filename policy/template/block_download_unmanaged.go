package template

import (
	"fmt"

	"github.com/referee-casb/referee/policy"
)

var blockDownloadUnmanaged = Template{
	ID: "block_download_unmanaged", Title: "Block download from unmanaged devices",
	Doc:    "The whole story in three documents: unmanaged devices go through the gateway, sync clients and mobile apps on them are refused, and no file leaves.",
	Params: []Param{paramApp, paramLevel, paramContact, paramAfter},
	build: func(v Values) []*policy.Document {
		v["device"], v["action"] = "unmanaged", "block"
		d := session(v, "block-download-unmanaged", "Block download from unmanaged", policy.ControlFileDownload)
		d.Description = fmt.Sprintf("Files in %s stay there when the device is not managed.", v["app"])
		setLevel(d, v)
		d.Inline.Message = "**{{file}} can't be saved on this device.**\n\n{{user}}, this device isn't managed by the company, so files from {{app}} stay in {{app}}.\n"
		d.Inline.NextStep = "You can read and edit the file here in the browser. To take it with you, open it on your company laptop. If you need it on this device, choose *Request access* and give the code {{reference}} to {{contact}}.\n"
		return append(routing(v), monitored(d, v))
	},
}
