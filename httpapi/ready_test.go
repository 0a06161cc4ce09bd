package httpapi_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/renewd/renewd/httpapi"
)

// TestReadyIsAskedOnceASecond: everybody may ask, and the store may have to write
// to know.
func TestReadyIsAskedOnceASecond(t *testing.T) {
	t.Parallel()
	asked, down := 0, errors.New("the disk is gone")
	f := newFixture(t, func(c *httpapi.Config) {
		c.Ready = func(context.Context) error {
			asked++
			if asked == 1 {
				return down
			}
			return nil
		}
	})
	status := func() int {
		return f.do(get("/readyz")).Code
	}
	for range 3 {
		if got := status(); got != 503 || asked != 1 {
			t.Errorf("within a second: got %d after asking %d times, want 503 after 1", got, asked)
		}
	}
	f.advance(time.Second)
	if got := status(); got != 200 || asked != 2 {
		t.Errorf("after a second: got %d after asking %d times, want 200 after 2", got, asked)
	}
}
