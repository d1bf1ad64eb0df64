package policy

import (
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy/devicerule"
)

// attributeFields are the fields that rules of the filter for devices are lowered to.
var attributeFields = func() []filter.Field[Input] {
	var out []filter.Field[Input]
	for _, a := range devicerule.Attributes() {
		f := filter.Field[Input]{Info: filter.Info{
			Name: a.Field, Title: "Device's " + a.Name, Kind: filter.KindText, Fold: true,
			Doc: "Entra's device attribute " + a.Name + ", where a proof shows it. A device that is not registered has none.",
		}}
		switch {
		case a.Bool:
			f.Kind, f.Fold, f.Bool = filter.KindBool, false, isCompliant
		case a.Name == "physicalIds":
			f.Many = true
			list(&f, func(d *model.DeviceFacts) *model.Fact[[]string] { return &d.PhysicalIDs })
		case a.Name == "systemLabels":
			f.Many = true
			list(&f, func(d *model.DeviceFacts) *model.Fact[[]string] { return &d.SystemLabels })
		case a.Name == "trustType":
			of := model.DeviceText(a.Name)
			f.Text = func(in *Input) (string, filter.State) {
				if tagged(in, model.TagHybridJoined) {
					return "ServerAD", filter.Known
				}
				return attribute(in, of)
			}
		default:
			of := model.DeviceText(a.Name)
			f.Text = func(in *Input) (string, filter.State) { return attribute(in, of) }
		}
		out = append(out, f)
	}
	return out
}()

func attribute(in *Input, of func(*model.DeviceFacts) *model.Fact[string]) (string, filter.State) {
	if answered(in) {
		if f := of(in.DeviceFacts); f.Known() {
			if v, ok := f.Value(); ok {
				return v, filter.Known
			}
			return "", filter.NotSet
		}
	}
	return "", registered(in)
}

func isCompliant(in *Input) (bool, filter.State) {
	if tagged(in, model.TagIntuneCompliant) {
		return true, filter.Known
	}
	if answered(in) {
		if f := &in.DeviceFacts.IsCompliant; f.Known() {
			if v, ok := f.Value(); ok {
				return v, filter.Known
			}
			return false, filter.NotSet
		}
	}
	return false, registered(in)
}

// list sets the accessors of an attribute that is a collection.
func list(f *filter.Field[Input], of func(*model.DeviceFacts) *model.Fact[[]string]) {
	f.Count = func(in *Input) (int, filter.State) {
		if answered(in) {
			if l := of(in.DeviceFacts); l.Known() {
				v, _ := l.Value()
				return len(v), filter.Known
			}
		}
		return 0, registered(in)
	}
	f.TextAt = func(in *Input, i int) string {
		v, _ := of(in.DeviceFacts).Value()
		return v[i]
	}
}

// answered reports whether the device was asked and proofs show attributes of it.
func answered(in *Input) bool {
	return in.DeviceFacts != nil && in.DeviceState != filter.Unobtainable && in.DeviceState != filter.Unknown
}

// tagged reports whether a tag is proven; it says the same as the attribute behind it.
func tagged(in *Input, tag model.DeviceTag) bool {
	if in.DeviceState == filter.Unobtainable || in.DeviceState == filter.Unknown {
		return false
	}
	for _, t := range in.Device {
		if t == tag {
			return true
		}
	}
	return false
}

// registered is the state of an attribute that no proof shows. An unmanaged device is none that Entra knows, so its
// attributes are certainly not set; those of a managed one exist, and nobody here can tell them.
func registered(in *Input) filter.State {
	if in.DeviceState == filter.Unknown {
		return filter.Unknown
	}
	if standing(in) == model.TagUnmanaged {
		return filter.NotSet
	}
	return filter.Unobtainable
}
