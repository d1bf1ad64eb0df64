package lint

// checks lists every check; each has its file.
var checks = []Check{
	allowWhenUnscannable,
	appWithoutInstance,
	blockWithoutNextStep,
	duplicatePolicy,
	exceptionTooLong,
	exceptionWithoutPolicy,
	levelNotStated,
	lockout,
	monitorOnlyRoute,
	nativeClientOpen,
	nativeRoute,
	notEnforced,
	resourceAppsOpen,
	rolloutUnread,
	sessionNotRouted,
	tooManyExceptions,
	unknownApp,
	unknownGroup,
	unknownLocation,
	unreachable,
	unscannableNotStated,
}
