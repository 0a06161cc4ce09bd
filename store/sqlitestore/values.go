package sqlitestore

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/renewd/renewd/store"
)

// The types below read a column into a field of a record; the functions write it.

// timeColumn reads milliseconds since 1970, and NULL as the zero time.
type timeColumn time.Time

// Scan implements sql.Scanner.
func (c *timeColumn) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*c = timeColumn{}
	case int64:
		*c = timeColumn(time.UnixMilli(v).UTC())
	default:
		return fmt.Errorf("a time is stored as %T", value)
	}
	return nil
}

// timeOrNull is for a column where the zero time means "not set". The others get
// UnixMilli, which keeps the zero time and the order of all.
func timeOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// listColumn reads a JSON array of strings; an empty one is nil.
type listColumn []string

// Scan implements sql.Scanner.
func (c *listColumn) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("a list is stored as %T", value)
	}
	if text == emptyList {
		*c = nil
		return nil
	}
	return json.Unmarshal([]byte(text), (*[]string)(c))
}

const emptyList = "[]"

func listText(list []string) string {
	if len(list) == 0 {
		return emptyList
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(text)
}

// scanValue reads a row of one column.
func scanValue[T any](rows *sql.Rows) (T, error) {
	var v T
	err := rows.Scan(&v)
	return v, err
}

// idColumn reads a session id.
type idColumn store.SessionID

// Scan implements sql.Scanner.
func (c *idColumn) Scan(value any) error {
	raw, ok := value.([]byte)
	if !ok || len(raw) != len(c) {
		return fmt.Errorf("a session id is stored as %d bytes of %T", len(raw), value)
	}
	copy(c[:], raw)
	return nil
}

// bytesOrNull keeps nothing and empty alike.
func bytesOrNull(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}
