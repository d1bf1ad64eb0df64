package template

// templates lists every template; each has its file.
var templates = []Template{
	blockClipboardContent,
	blockCountries,
	blockDownloadContent,
	blockDownloadMalware,
	blockDownloadUnmanaged,
	blockUploadContent,
	blockUploadMalware,
	monitorAllActivities,
	readOnlyGuests,
	routeUnmanaged,
}
