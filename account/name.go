package account

import (
	"fmt"

	"golang.org/x/text/secure/precis"
)

const maxNameBytes = 256

// canonicalName returns the form in which a name is stored and compared
// (UsernameCaseMapped, RFC 8265, Section 3.3), or [ErrInvalidName]. The form of a
// canonical name is itself, so that what is shown can be typed.
func canonicalName(name string) (string, error) {
	if name == "" || len(name) > maxNameBytes {
		return "", fmt.Errorf("%w: use 1 to %d bytes", ErrInvalidName, maxNameBytes)
	}
	canonical, err := precis.UsernameCaseMapped.String(name)
	if err != nil {
		return "", fmt.Errorf("%w: use letters, digits and signs such as . _ - @, and no spaces", ErrInvalidName)
	}
	if len(canonical) > maxNameBytes {
		return "", fmt.Errorf("%w: use at most %d bytes in lower case", ErrInvalidName, maxNameBytes)
	}
	return canonical, nil
}

const (
	maxRoles     = 64
	maxRoleBytes = 64
)

func validateRoles(roles []string) error {
	if len(roles) > maxRoles {
		return fmt.Errorf("%w: at most %d roles, got %d", ErrInvalidRole, maxRoles, len(roles))
	}
	for _, role := range roles {
		if !validRole(role) {
			return fmt.Errorf("%w: use 1 to %d characters of a-z 0-9 _ . : -", ErrInvalidRole, maxRoleBytes)
		}
	}
	return nil
}

func validRole(role string) bool {
	if role == "" || len(role) > maxRoleBytes {
		return false
	}
	for _, c := range []byte(role) {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '_', c == '.', c == ':', c == '-':
		default:
			return false
		}
	}
	return true
}
