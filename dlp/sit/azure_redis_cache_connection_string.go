package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureRedisCacheConnectionString() dlp.Type {
	return dlp.Type{
		ID: "azure-redis-cache-connection-string", Name: "Azure Redis Cache Connection String", GUID: "095a7e6c-efd8-46d5-af7b-5298d53a49fc",
		Group: dlp.Credential,
		About: "A Redis cache connection string with its key.",
		Patterns: []dlp.Pattern{
			{Expr: `[a-z0-9-]{1,63}\.redis\.cache\.windows\.net:6380, ?password=[A-Za-z0-9+/]{43}=`, Check: random4, Alone: dlp.High},
		},
		Positives: []string{
			"contoso.redis.cache.windows.net:6380,password=N5P" + "uaheKRG4hBxZqiE9Vq22Pkks5HueXH79R1liU1aT=,ssl=True",
		},
		Negatives: []string{
			"contoso.redis.cach" + "e.windows.net:6380",
		},
	}
}
