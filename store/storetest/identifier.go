package storetest

import (
	"strings"

	"github.com/renewd/renewd/store"
)

const byteForByte = "package store: identifiers are compared byte for byte"

// lookAlikes are identifiers that a collation, a pattern or a fixed-width column
// takes for one another.
var lookAlikes = []string{
	"ada", "Ada", "ADA", "ada ", " ada", "ada\t", "ada.", "ad_", "ad%", "ada'",
	"\u00e9", "e\u0301", "\u00c9", "e", // é composed and decomposed, É, e
	"stra\u00dfe", "strasse", "i", "\u0131", "\u0130", "\uff41\uff44\uff41", "ada\u200b",
	"\ud55c\uae00", "\u1112\u1161\u11ab\u1100\u1173\u11af", // 한글 in syllables and in letters
	"1", "01", "1.0", "1e0", "NULL", "0x31",
	strings.Repeat("x", 1023) + "y", strings.Repeat("x", 1023) + "Y", strings.Repeat("x", 1023),
}

// identifierCases are about telling identifiers apart.
func identifierCases() []testCase[sessions] {
	return []testCase[sessions]{
		{
			"subjects are told apart",
			"Subjects that differ in letter case, spaces, Unicode form or their last byte of a thousand are different.",
			byteForByte,
			func(c sessions) {
				rows := make([]store.Session, len(lookAlikes))
				for i, subject := range lookAlikes {
					rows[i] = newSession(byte(i))
					rows[i].Subject, rows[i].Username = subject, subject
				}
				c.have(rows...)
				for i, row := range rows {
					c.wantList(store.SessionQuery{Subject: row.Subject, Limit: 10}, row)
					r := store.SubjectRevocation{Subject: row.Subject, Reason: store.ReasonOperator, At: start}
					if n := c.revokeSubject(r); n != 1 {
						c.Errorf("revoked for %q: got %d, want 1", row.Subject, n)
					}
					for _, later := range rows[i+1:] {
						c.wantRow(later)
					}
				}
			},
		},
		{
			"clients are told apart",
			"A client id that looks like another does not stand for it.",
			byteForByte,
			func(c sessions) {
				for i, client := range lookAlikes {
					row := newSession(byte(i))
					row.ClientID = client
					c.have(row)
					rotation, recovery := rotationOf(row), recoveryOf(row)
					for _, other := range lookAlikes {
						if other == client {
							continue
						}
						rotation.ClientID, recovery.ClientID = other, other
						c.wantConflict(rotation)
						if _, err := c.RecoverSession(c.Context(), recovery); err == nil {
							c.Errorf("recovered a session of %q as %q", client, other)
						}
					}
					c.rotate(rotationOf(row))
				}
			},
		},
		{
			"session ids are told apart",
			"Ids that differ in one bit are different, whatever bytes they hold.",
			byteForByte,
			func(c sessions) {
				var rows []store.Session
				for _, b := range []byte{0x00, 0x01, 0x0A, 0x20, 0x41, 0x61, 0x7F, 0x80, 0xC3, 0xFF} {
					for _, at := range []int{0, 15} {
						row := newSession(0)
						row.ID[at], row.Username = b, row.ID.String()
						if b != 0xA5 && (at == 0 || b != 0) {
							rows = append(rows, row)
						}
					}
				}
				c.have(rows...)
				for _, row := range rows {
					c.wantRow(row)
					c.revoke(store.Revocation{ID: row.ID, Reason: store.ReasonOperator, At: start}, true)
				}
			},
		},
		{
			"a NUL byte cuts nothing",
			"An identifier with a NUL byte is kept whole, or refused with nothing stored; it never stands for what comes before the NUL.",
			byteForByte,
			func(c sessions) {
				short, long := newSession(1), newSession(2)
				short.Subject, long.Subject = "ada", "ada\x00lovelace"
				c.have(short)
				if err := c.CreateSession(c.Context(), long); err != nil {
					c.wantList(store.SessionQuery{Limit: 10}, short)
					return
				}
				c.wantRow(long)
				c.wantList(store.SessionQuery{Limit: 10, Subject: "ada"}, short)
				c.wantList(store.SessionQuery{Limit: 10, Subject: long.Subject}, long)
			},
		},
	}
}
