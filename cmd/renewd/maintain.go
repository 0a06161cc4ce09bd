package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/account"
)

// maintenanceInterval is how often what piles up is worked off.
const maintenanceInterval = time.Minute

// maintenance is what a server does without being asked.
type maintenance struct {
	manager  *renewd.Manager
	accounts *account.Service
	log      *slog.Logger
}

// run works at once and then every interval, until ctx is done.
func (m maintenance) run(ctx context.Context) {
	tick := time.NewTicker(maintenanceInterval)
	defer tick.Stop()
	for {
		m.settle(ctx)
		m.purge(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (m maintenance) settle(ctx context.Context) {
	m.do(ctx, "owed revocations settled", m.accounts.SettleOwed)
}

func (m maintenance) purge(ctx context.Context) {
	m.do(ctx, "sessions purged", m.manager.Purge)
}

// do leaves what fails to the next time.
func (m maintenance) do(ctx context.Context, what string, work func(context.Context) (int, error)) {
	n, err := work(ctx)
	if err != nil && ctx.Err() == nil {
		m.log.LogAttrs(ctx, slog.LevelError, what+" in part", slog.Int("count", n), slog.Any("error", err))
	} else if n > 0 {
		m.log.LogAttrs(ctx, slog.LevelInfo, what, slog.Int("count", n))
	}
}
