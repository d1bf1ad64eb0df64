package factor

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/referee-casb/referee/fault"
)

// What stands against guessing: after freeAttempts wrong codes each further one doubles the wait.
const (
	freeAttempts = 5
	firstLock    = time.Minute
	longestLock  = time.Hour
	purpose      = "signin-factor"
	mostPasskeys = 20
)

// Keeper enrols and verifies. Safe for concurrent use.
type Keeper struct {
	store  Store
	sealer Sealer
	now    func() time.Time
	newID  func() string
}

// NewKeeper returns a keeper; newID gives unguessable ids.
func NewKeeper(store Store, sealer Sealer, now func() time.Time, newID func() string) *Keeper {
	return &Keeper{store: store, sealer: sealer, now: now, newID: newID}
}

// Of lists a person's factors.
func (k *Keeper) Of(ctx context.Context, of Owner) ([]Factor, error) {
	list, err := k.store.Factors(ctx, of)
	return list, fault.Wrap(err, "factor.Of", string(of.User))
}

// Can reports whether a person has a factor that verifies on its own: a passkey, or an app unless passkeys alone will do.
func Can(list []Factor, passkey bool) bool {
	return slices.ContainsFunc(list, func(f Factor) bool { return f.Kind == Passkey || f.Kind == TOTP && !passkey })
}

// Has reports whether there is a factor of a kind.
func Has(list []Factor, kind Kind) bool {
	return slices.ContainsFunc(list, func(f Factor) bool { return f.Kind == kind })
}

// NewSecret makes the secret of an authenticator app that is being enrolled. It counts once [Keeper.EnrolTOTP] has
// stored it.
func NewSecret() []byte { return newTOTPSecret() }

// EnrolTOTP stores an authenticator app whose code proves that the person has it. The code is thereby used.
func (k *Keeper) EnrolTOTP(ctx context.Context, of Owner, username string, secret []byte, given string) (Factor, error) {
	const op = "factor.EnrolTOTP"
	step, ok := match(secret, digits(given), k.now(), 0)
	if !ok {
		return Factor{}, fault.New(fault.Denied, op, "the code is not the one that the app should show now")
	}
	f := Factor{ID: k.newID(), Owner: of, Username: username, Kind: TOTP, Created: k.now(), Step: step, Revision: 1}
	return f, k.put(ctx, op, f, secret)
}

// NewRecovery replaces a person's recovery codes and returns the new ones, to be shown once, with the factor
// that they are kept as.
func (k *Keeper) NewRecovery(ctx context.Context, of Owner, username string) ([]string, Factor, error) {
	const op = "factor.NewRecovery"
	list, err := k.store.Factors(ctx, of)
	if err != nil {
		return nil, Factor{}, fault.Wrap(err, op, string(of.User))
	}
	for _, f := range list {
		if f.Kind == Recovery {
			if err := k.store.DeleteFactor(ctx, of, f.ID); err != nil && !fault.Is(err, fault.NotFound) {
				return nil, Factor{}, fault.Wrap(err, op, string(of.User))
			}
		}
	}
	shown, kept := newRecovery()
	plain, err := json.Marshal(kept)
	if err != nil {
		return nil, Factor{}, fault.Wrap(err, op, string(of.User))
	}
	f := Factor{ID: k.newID(), Owner: of, Username: username, Kind: Recovery, Created: k.now(), Left: recoveryCodes, Revision: 1}
	return shown, f, k.put(ctx, op, f, plain)
}

// VerifyCode checks a code of an authenticator app, or a recovery code, and says which it was and what is left of it.
// A fault of kind Denied says why not, Limited that there were too many wrong ones.
func (k *Keeper) VerifyCode(ctx context.Context, of Owner, given string) (Factor, error) {
	const op = "factor.VerifyCode"
	kind, typed := TOTP, digits(given)
	if typed == "" {
		kind, typed = Recovery, letters(given)
	}
	if typed == "" {
		return Factor{}, fault.New(fault.Denied, op, "a code has six digits, a recovery code ten letters and digits")
	}
	list, err := k.store.Factors(ctx, of)
	if err != nil {
		return Factor{}, fault.Wrap(err, op, string(of.User))
	}
	i := slices.IndexFunc(list, func(f Factor) bool { return f.Kind == kind })
	if i < 0 {
		return Factor{}, fault.New(fault.Denied, op, "no %s is registered", kind)
	}
	f, now := list[i], k.now()
	if now.Before(f.Locked) {
		return f, &fault.Error{Kind: fault.Limited, Op: op, Msg: "too many wrong codes were given", Help: "wait until " + f.Locked.UTC().Format("15:04 UTC") + " and try again"}
	}
	plain, err := k.open(f)
	if err != nil {
		return f, fault.Wrap(err, op, f.ID)
	}
	ok, why := k.check(&f, plain, typed, now)
	if !ok {
		f.Failures++
		if over := f.Failures - freeAttempts; over >= 0 {
			f.Locked = now.Add(min(firstLock<<min(over, 10), longestLock))
		}
		// fail closed: a wrong code that can't be counted is not looked at further either
		if err := k.store.UpdateFactor(ctx, f); err != nil && !fault.Is(err, fault.Conflict) {
			return f, fault.Wrap(err, op, f.ID)
		}
		return f, fault.New(fault.Denied, op, "%s", why)
	}
	f.Failures, f.Locked, f.Used = 0, time.Time{}, now
	switch err := k.store.UpdateFactor(ctx, f); {
	case fault.Is(err, fault.Conflict):
		return f, fault.New(fault.Denied, op, "the code was used at this very moment by another request")
	case err != nil:
		return f, fault.Wrap(err, op, f.ID)
	}
	return f, nil
}

// check tries a code on an opened factor and notes in f that it is used.
func (k *Keeper) check(f *Factor, plain []byte, typed string, now time.Time) (ok bool, why string) {
	if f.Kind == TOTP {
		step, ok := match(plain, typed, now, f.Step)
		if ok {
			f.Step = step
			return true, ""
		}
		if _, used := match(plain, typed, now, 0); used {
			return false, "this code was used already; wait for the next one"
		}
		return false, "the code is wrong"
	}
	var r recovery
	if json.Unmarshal(plain, &r) != nil || !r.take(typed) {
		return false, "the recovery code is wrong or was used already"
	}
	next, err := json.Marshal(r)
	if err != nil {
		return false, "the recovery codes can't be read"
	}
	if f.Sealed, err = k.sealer.Seal(f.Owner.Tenant, purpose, next, place(f)); err != nil {
		return false, "the recovery codes can't be kept"
	}
	f.Left = r.left()
	return true, ""
}

// Withdraw takes back one factor of a person and leaves the others. One that is gone is no error.
func (k *Keeper) Withdraw(ctx context.Context, of Owner, id string) error {
	err := k.store.DeleteFactor(ctx, of, id)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return fault.Wrap(err, "factor.Withdraw", id)
}

// Accept keeps an agreement.
func (k *Keeper) Accept(ctx context.Context, of Owner, terms, version string) error {
	return fault.Wrap(k.store.PutAcceptance(ctx, Acceptance{Owner: of, Terms: terms, Version: version, At: k.now()}), "factor.Accept", terms)
}

// Accepted returns when a person agreed to a version, the zero time if never.
func (k *Keeper) Accepted(ctx context.Context, of Owner, terms, version string) (time.Time, error) {
	a, err := k.store.Accepted(ctx, of, terms, version)
	if fault.Is(err, fault.NotFound) {
		return time.Time{}, nil
	}
	return a.At, fault.Wrap(err, "factor.Accepted", terms)
}

func (k *Keeper) put(ctx context.Context, op string, f Factor, plain []byte) (err error) {
	if f.Sealed, err = k.sealer.Seal(f.Owner.Tenant, purpose, plain, place(&f)); err != nil {
		return fault.Wrap(err, op, f.ID)
	}
	return fault.Wrap(k.store.PutFactor(ctx, f), op, f.ID)
}

func (k *Keeper) open(f Factor) ([]byte, error) {
	return k.sealer.Open(f.Owner.Tenant, purpose, f.Sealed, place(&f))
}

// place binds what is sealed to its owner and row: one copied to another person does not open.
func place(f *Factor) []byte {
	return []byte(string(f.Owner.Tenant) + "\x00" + string(f.Owner.Provider) + "\x00" + string(f.Owner.User) + "\x00" + string(f.Kind) + "\x00" + f.ID)
}
