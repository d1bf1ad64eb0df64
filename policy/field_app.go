package policy

import (
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

var appFields = []filter.Field[Input]{
	{
		Info: filter.Info{
			Name: fieldApp, Title: "App", Kind: filter.KindID, Many: true,
			Doc: "The app: its key such as onedrive, the key of its suite such as office365, or the id of one instance.",
		},
		Count: func(*Input) (int, filter.State) { return 3, filter.Known },
		TextAt: func(in *Input, i int) string {
			switch i {
			case 0:
				return in.App.Key
			case 1:
				return in.Suite
			}
			return string(in.App.Instance)
		},
	},
	{
		Info: filter.Info{Name: "service", Title: "App id", Kind: filter.KindNumber, Doc: "Defender's numeric id of the app, such as 15600 for OneDrive."},
		Number: func(in *Input) (int64, filter.State) {
			if in.App.ID == 0 {
				return 0, filter.NotSet
			}
			return int64(in.App.ID), filter.Known
		},
	},
	{
		Info: filter.Info{Name: "instance", Title: "Instance", Kind: filter.KindID, Doc: "The id of one instance of an app."},
		Text: func(in *Input) (string, filter.State) { return certain(string(in.App.Instance)) },
	},
	{
		Info: filter.Info{
			Name: "clientApp", Title: "Client app", Kind: filter.KindEnum,
			Values: []filter.Choice{
				{Name: string(model.ClientBrowser), Title: "Browser"},
				{Name: string(model.ClientNative), Title: "Mobile and desktop", Aliases: []string{"native"}},
				{Name: string(model.ClientEAS), Title: "Exchange ActiveSync"},
				{Name: string(model.ClientOther), Title: "Other clients"},
			},
			Doc: "The kind of program that signs in. A policy that does not name it is about all of them.",
		},
		Text: func(in *Input) (string, filter.State) { return certain(string(in.ClientApp)) },
	},
	{
		Info: filter.Info{
			Name: fieldActivityType, Title: "Activity type", Kind: filter.KindEnum, Values: activityChoices,
			Doc: "What the person does. Only for control: blockActivities; the other control types choose by themselves.",
		},
		Text: func(in *Input) (string, filter.State) { return certain(string(in.Activity)) },
	},
}

// controlled are the activities that blockActivities can name: Defender's, and dragging, creating and deleting.
var controlled = []model.ActivityType{
	model.ActivityPrint, model.ActivityCut, model.ActivityCopy, model.ActivityPaste,
	model.ActivitySendItem, model.ActivityShare, model.ActivityUnshare, model.ActivityEdit,
	model.ActivityDrag, model.ActivityCreate, model.ActivityDelete,
}

var activityChoices = func() (out []filter.Choice) {
	for _, a := range controlled {
		out = append(out, filter.Choice{Name: string(a)})
	}
	return out
}()
