package policy

import (
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

var deviceFields = []filter.Field[Input]{
	{
		Info: filter.Info{
			Name: fieldDeviceTags, Title: "Device tag", Kind: filter.KindEnum, Many: true, Aliases: []string{"device.tag"},
			Values: []filter.Choice{
				{Name: string(model.TagIntuneCompliant), Title: "Intune compliant", Aliases: []string{"intuneCompliant"}},
				{Name: string(model.TagHybridJoined), Title: "Microsoft Entra hybrid joined"},
				{Name: string(model.TagValidClientCertificate), Title: "Valid client certificate"},
				{Name: string(model.TagManaged), Title: "Managed: any proof of management"},
				{Name: string(model.TagUnmanaged), Title: "Unmanaged: no proof of management"},
				{Name: string(model.TagUnknown), Title: "Unknown: no answer"},
			},
			Doc: "What has been proven of the device, never what its user agent claims. A device with any proof is managed as well, one without is unmanaged; one that gave no answer counts as the policy's deviceUnknown.",
		},
		Count: deviceTagCount, TextAt: deviceTagAt,
	},
	{
		Info: filter.Info{
			Name: "device.type", Title: "Device type", Kind: filter.KindEnum,
			Values: []filter.Choice{
				{Name: string(model.DevicePC), Aliases: []string{"DESKTOP"}},
				{Name: string(model.DeviceMobile)},
				{Name: string(model.DeviceTablet)},
				{Name: string(model.DeviceOther)},
			},
			Doc: "The form of the device as its user agent claims it.",
		},
		Text: func(in *Input) (string, filter.State) { return certain(string(in.Agent.DeviceType)) },
	},
}

// deviceTagCount counts the tags and one more: managed, unmanaged, or what an unknown device counts as.
func deviceTagCount(in *Input) (int, filter.State) {
	switch in.DeviceState {
	case filter.Unknown:
		return 0, filter.Unknown
	case filter.Unobtainable:
		return 1, filter.Known
	}
	return len(in.Device) + 1, filter.Known
}

func deviceTagAt(in *Input, i int) string {
	if in.DeviceState != filter.Unobtainable && i < len(in.Device) {
		if t := in.Device[i]; t != model.TagUnknown && t != model.TagUnmanaged {
			return string(t)
		}
		return "" // what these two mean is said by the last tag
	}
	return string(standing(in))
}

// standing sums the tags up. Proof of management outweighs a tag that says there is none.
func standing(in *Input) model.DeviceTag {
	unknown := in.DeviceState == filter.Unobtainable
	if !unknown {
		for _, t := range in.Device {
			switch t {
			case model.TagValidClientCertificate, model.TagIntuneCompliant, model.TagHybridJoined, model.TagManaged:
				return model.TagManaged
			case model.TagUnknown:
				unknown = true
			}
		}
	}
	if unknown && in.unknownDevice != "" {
		return in.unknownDevice
	}
	return model.TagUnmanaged
}
