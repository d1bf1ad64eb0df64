package activitylog

import (
	"encoding/json"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// MaxEncoded is the largest activity that is taken, in bytes of JSON.
const MaxEncoded = 1 << 20

// Encode returns an activity as it travels and is kept: JSON.
func Encode(a *model.Activity) ([]byte, error) {
	data, err := json.Marshal(a)
	if err != nil {
		return nil, fault.As(err, fault.Invalid, "activitylog.Encode", string(a.ID))
	}
	if len(data) > MaxEncoded {
		return nil, &fault.Error{Kind: fault.Invalid, Op: "activitylog.Encode", Key: string(a.ID), Msg: "the activity is larger than 1 MiB"}
	}
	return data, nil
}

// Decode reads what [Encode] wrote and checks it. Fields that a newer version added are ignored. The error is a fault
// of kind Invalid.
func Decode(data []byte) (model.Activity, error) {
	var a model.Activity
	if len(data) > MaxEncoded {
		return a, fault.New(fault.Invalid, "activitylog.Decode", "the activity is larger than 1 MiB")
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return model.Activity{}, fault.As(err, fault.Invalid, "activitylog.Decode", "")
	}
	if err := a.Validate(); err != nil {
		return model.Activity{}, fault.Wrap(err, "activitylog.Decode", string(a.ID))
	}
	if outOfYears(a.Time) || len(a.ID) > maxID {
		return model.Activity{}, fault.New(fault.Invalid, "activitylog.Decode", "the activity's time or id is out of bounds")
	}
	return a, nil
}

// Message makes the bus message of an activity. One person's activities share a partition, and so does an intent with
// its outcome.
func Message(a *model.Activity) (bus.Message, error) {
	data, err := Encode(a)
	if err != nil {
		return bus.Message{}, err
	}
	return bus.Message{Topic: bus.TopicActivity, Tenant: a.Tenant, Key: key(a), ID: messageID(a), Data: data}, nil
}

func key(a *model.Activity) string {
	switch {
	case a.User.ID != "":
		return clean(string(a.User.ID))
	case a.Session != "":
		return clean(string(a.Session))
	}
	return string(a.ID)
}
