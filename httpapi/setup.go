package httpapi

import (
	"net/http"

	"github.com/renewd/renewd/account"
)

type setupRequest struct {
	Secret   string `json:"secret"`
	Username string `json:"username"`
	Password string `json:"password"`
}

func (q setupRequest) validate() error {
	if err := requireText("secret", q.Secret, maxSecretBytes); err != nil {
		return err
	}
	if err := requireText("username", q.Username, maxUsernameBytes); err != nil {
		return err
	}
	return requireText("password", q.Password, maxPasswordBytes)
}

// setup creates the first administrator for whoever holds the setup link.
func (s *server) setup(w http.ResponseWriter, r *http.Request) error {
	var req setupRequest
	if err := decode(w, r, &req); err != nil {
		return err
	}
	if err := req.validate(); err != nil {
		return err
	}
	if s.cfg.Setup == nil {
		return errNoSetup
	}
	person, err := s.cfg.Setup.Redeem(r.Context(), req.Secret, account.NewPerson{Name: req.Username, Password: req.Password})
	if err != nil {
		return err
	}
	writeAnswer(w, http.StatusCreated, struct {
		Username string `json:"username"`
	}{person.Name})
	return nil
}
