package accept

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/test/stage"
)

// activities reads all of a tenant's activities of some types by the API.
func activities(ctx context.Context, s *stage.Stage, tenant model.TenantID, types ...model.ActivityType) ([]model.Activity, error) {
	token, err := s.Token()
	if err != nil {
		return nil, err
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, s.API("/api/v2/tenants/"+string(tenant)+"/activities/export"), nil)
	if err != nil {
		return nil, err
	}
	q.Header.Set("Authorization", "Bearer "+token)
	c := s.Client()
	defer c.CloseIdleConnections()
	res, err := c.Do(q)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 1000)) // for the message alone
		return nil, fmt.Errorf("export: %s: %s", res.Status, text)
	}
	var all []model.Activity
	lines := bufio.NewReaderSize(res.Body, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var a model.Activity
			if err := json.Unmarshal(line, &a); err != nil {
				return nil, err
			}
			for _, t := range types {
				if a.Type == t {
					all = append(all, a)
				}
			}
		}
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
