package account

import (
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
)

// Bounds of a password. There are no rules of composition, and passwords do not
// age.
const (
	minPasswordRunes = 8
	maxPasswordBytes = 1024
)

// preparePassword returns the form of a password that is hashed (OpaqueString,
// RFC 8265, Section 4.2): composed and decomposed letters are the same password,
// and so are the kinds of space; nothing is cut off.
func preparePassword(password string) (string, error) {
	if len(password) > maxPasswordBytes {
		return "", fmt.Errorf("%w: use at most %d bytes", ErrInvalidPassword, maxPasswordBytes)
	}
	if !utf8.ValidString(password) {
		return "", fmt.Errorf("%w: use UTF-8", ErrInvalidPassword)
	}
	prepared, err := precis.OpaqueString.String(password)
	if err != nil {
		return "", fmt.Errorf("%w: use visible characters and spaces only, and at least one", ErrInvalidPassword)
	}
	return prepared, nil
}

// prepareNewPassword is preparePassword with the bounds of a password that is
// being set.
func prepareNewPassword(password string) (string, error) {
	prepared, err := preparePassword(password)
	if err != nil {
		return "", err
	}
	if utf8.RuneCountInString(prepared) < minPasswordRunes {
		return "", fmt.Errorf("%w: use at least %d characters", ErrInvalidPassword, minPasswordRunes)
	}
	return prepared, nil
}
