package httpapi

import "golang.org/x/text/language"

// AnswerOf returns what an error becomes.
func AnswerOf(err error, lang string) (status int, code Code, detail string) {
	a := answerOf(err)
	return a.status, a.code, a.detail.in(language.MustParse(lang))
}

// Texts returns every text that an answer can hold, in English and Korean.
func Texts() [][2]string {
	list := [][2]string{{textInternal.en, textInternal.ko}}
	for _, a := range answers {
		title := titles[a.code]
		list = append(list, [2]string{a.detail.en, a.detail.ko}, [2]string{title.en, title.ko})
	}
	title := titles[CodeInternal]
	return append(list, [2]string{title.en, title.ko})
}

// DeviceOf is what a session's device is called.
var DeviceOf = deviceOf

// ClientAddress is how a chain of proxies is read.
var ClientAddress = proxies.client

// NewProxies returns the value that ClientAddress takes.
func NewProxies(cfg Config) proxies { return proxies{trusted: cfg.TrustedProxies} }
