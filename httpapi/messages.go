package httpapi

import (
	"net/http"

	"golang.org/x/text/language"
)

// text is one sentence or more, in every language that the server speaks.
type text struct{ en, ko string }

func (t text) in(lang language.Tag) string {
	if lang == language.Korean {
		return t.ko
	}
	return t.en
}

var (
	languages = []language.Tag{language.English, language.Korean} // the first is the default
	matcher   = language.NewMatcher(languages)
)

// maxAcceptLanguage is more than browsers send; the rest is not read.
const maxAcceptLanguage = 256

func languageOf(r *http.Request) language.Tag {
	accept := r.Header.Get("Accept-Language")
	if accept == "" || len(accept) > maxAcceptLanguage {
		return languages[0]
	}
	_, index := language.MatchStrings(matcher, accept)
	return languages[index]
}

// titles say the same for every problem of a code.
var titles = map[Code]text{
	CodeInvalidRequest:       {"Invalid request", "잘못된 요청"},
	CodeInvalidCredentials:   {"Invalid credentials", "잘못된 로그인 정보"},
	CodeMissingToken:         {"Missing token", "토큰 없음"},
	CodeInvalidToken:         {"Invalid token", "유효하지 않은 토큰"},
	CodeRefreshExpired:       {"Session expired", "세션 만료"},
	CodeRefreshReused:        {"Refresh token reused", "갱신 토큰 재사용"},
	CodeSessionRevoked:       {"Session revoked", "폐기된 세션"},
	CodeCrossOrigin:          {"Cross-origin request", "다른 출처의 요청"},
	CodeInsecureOrigin:       {"Insecure origin", "안전하지 않은 출처"},
	CodeNotFound:             {"Not found", "찾을 수 없음"},
	CodeConflict:             {"Conflict", "충돌"},
	CodeUnsupportedMediaType: {"Unsupported media type", "지원하지 않는 미디어 형식"},
	CodeTooEarly:             {"Too early", "너무 이른 요청"},
	CodeInternal:             {"Internal error", "내부 오류"},
	CodeUnavailable:          {"Unavailable", "일시적으로 사용할 수 없음"},
}

// The details of requests that are refused as they are.
var (
	textHost = text{
		"This server does not answer for this host name. Use its public address, or allow the name with --allowed-host.",
		"이 서버는 요청한 호스트 이름을 처리하지 않습니다. 공개 주소를 사용하거나, --allowed-host로 이름을 허용해 주십시오.",
	}
	textMethod = text{
		"This path answers %s only.",
		"이 경로는 %s 메서드만 지원합니다.",
	}
	textNoRoute = text{
		"There is nothing at this path.",
		"이 경로에는 아무것도 없습니다.",
	}
	textCrossOrigin = text{
		"A page of another origin may not do this. Allow its exact origin with --allowed-origin if it should.",
		"다른 출처의 페이지에서는 이 작업을 할 수 없습니다. 허용하려면 --allowed-origin에 정확한 출처를 지정해 주십시오.",
	}
	textNoClientHeader = text{
		"A request with the session cookie must carry Origin, Sec-Fetch-Site or X-Renewd-Client.",
		"세션 쿠키가 있는 요청에는 Origin, Sec-Fetch-Site, X-Renewd-Client 중 하나가 있어야 합니다.",
	}
	textInsecureOrigin = text{
		"Browsers keep the session cookie only over https. Use the https address; where a proxy speaks TLS in front of the server, name it with --trusted-proxy. Plain http works on localhost only.",
		"브라우저는 https에서만 세션 쿠키를 저장합니다. https 주소를 사용해 주십시오. 서버 앞의 프록시가 TLS를 처리한다면 --trusted-proxy로 등록해 주십시오. http는 localhost에서만 동작합니다.",
	}
	textMediaType = text{
		"Send JSON, with the header field Content-Type: application/json.",
		"Content-Type: application/json 헤더와 함께 JSON을 보내 주십시오.",
	}
	textTooEarly = text{
		"This request came in early data, which can be replayed. Send it again.",
		"재전송될 수 있는 얼리 데이터로 온 요청입니다. 다시 보내 주십시오.",
	}
	textBodyTooLarge = text{
		"The body must be at most %d bytes.",
		"본문은 %d바이트 이하여야 합니다.",
	}
	textBodyUnread = text{
		"The body did not arrive in full.",
		"본문이 끝까지 도착하지 않았습니다.",
	}
	textBodyForm = text{
		"The body must be one JSON object with no members but these, each at most once: %s.",
		"본문은 JSON 객체 하나여야 하며, 다음 항목만 각각 한 번까지 쓸 수 있습니다: %s.",
	}
	textMemberType = text{
		`The member "%s" has the wrong type.`,
		`"%s" 항목의 형식이 올바르지 않습니다.`,
	}
	textMemberMissing = text{
		`The member "%s" is required.`,
		`"%s" 항목이 필요합니다.`,
	}
	textMemberTooLong = text{
		`The member "%s" must be at most %d bytes.`,
		`"%s" 항목은 %d바이트 이하여야 합니다.`,
	}
	textMemberValue = text{
		`The member "%s" must be one of: %s.`,
		`"%s" 항목은 다음 중 하나여야 합니다: %s.`,
	}
	textTwoTokens = text{
		"Send one token: as a cookie, in the body or in the Authorization header field.",
		"토큰은 쿠키, 본문, Authorization 헤더 중 한 곳에만 보내 주십시오.",
	}
	textTwoCookies = text{
		"There are two session cookies of the same name. Clear the cookies of this site and sign in again.",
		"같은 이름의 세션 쿠키가 두 개 있습니다. 이 사이트의 쿠키를 지우고 다시 로그인해 주십시오.",
	}
	textTwoHeaders = text{
		"The header field %s may be sent once only.",
		"%s 헤더는 한 번만 보낼 수 있습니다.",
	}
	textIdempotencyKey = text{
		"The Idempotency-Key must be 22 to 128 visible ASCII characters, bare or in double quotes.",
		"Idempotency-Key는 눈에 보이는 ASCII 문자 22~128자여야 하며, 큰따옴표로 감쌀 수 있습니다.",
	}
	textBrowserBody = text{
		"Browsers sign in with cookies here: leave out \"mode\", or send \"cookie\".",
		"이 서버에서 브라우저는 쿠키로 로그인합니다. \"mode\"를 생략하거나 \"cookie\"로 보내 주십시오.",
	}
	textMissingToken = text{
		"A token is required.",
		"토큰이 필요합니다.",
	}
	textNoSetup = text{
		"This setup link is wrong or expired. Start the server again for a new one.",
		"설정 링크가 올바르지 않거나 만료되었습니다. 서버를 다시 시작하면 새 링크가 만들어집니다.",
	}
)

// The details of what the Manager and the accounts say.
var (
	textInvalidRequest = text{
		"The request is not valid.",
		"요청이 올바르지 않습니다.",
	}
	textInvalidToken = text{
		"The token is not valid.",
		"토큰이 유효하지 않습니다.",
	}
	textRefreshExpired = text{
		"The session has expired. Sign in again.",
		"세션이 만료되었습니다. 다시 로그인해 주십시오.",
	}
	textRefreshReused = text{
		"An old refresh token was used again, so the session was ended to protect the account. Sign in again.",
		"이전 갱신 토큰이 다시 사용되어 계정을 보호하기 위해 세션을 종료했습니다. 다시 로그인해 주십시오.",
	}
	textSessionRevoked = text{
		"The session was ended. Sign in again.",
		"세션이 종료되었습니다. 다시 로그인해 주십시오.",
	}
	textConflict = text{
		"A newer refresh token was issued. Try again with the newest one that you hold.",
		"더 새로운 갱신 토큰이 발급되었습니다. 가지고 있는 가장 새로운 토큰으로 다시 시도해 주십시오.",
	}
	textNoSession = text{
		"You have no such session.",
		"해당하는 세션이 없습니다.",
	}
	textInvalidCredentials = text{
		"The name or the password is wrong.",
		"사용자 이름 또는 비밀번호가 올바르지 않습니다.",
	}
	textDisabled = text{
		"This account is disabled. Ask whoever runs the service.",
		"사용이 중지된 계정입니다. 서비스 관리자에게 문의해 주십시오.",
	}
	textChanged = text{
		"The account was changed during the sign-in. Sign in again.",
		"로그인하는 동안 계정이 변경되었습니다. 다시 로그인해 주십시오.",
	}
	textInvalidName = text{
		"This name cannot be used. Use letters, digits and signs such as . _ - @, without spaces.",
		"사용할 수 없는 이름입니다. 공백 없이 문자, 숫자, 그리고 . _ - @ 같은 기호를 사용해 주십시오.",
	}
	textInvalidPassword = text{
		"This password cannot be used. Use 8 visible characters or more.",
		"사용할 수 없는 비밀번호입니다. 눈에 보이는 문자를 8자 이상 사용해 주십시오.",
	}
	textInvalidRole = text{
		"A role cannot be used. Use 1 to 64 of a-z 0-9 _ . : - for each.",
		"사용할 수 없는 역할입니다. 역할마다 a-z 0-9 _ . : - 중에서 1~64자를 사용해 주십시오.",
	}
	textNameTaken = text{
		"Somebody has this name already.",
		"이미 사용 중인 이름입니다.",
	}
	textNoAccount = text{
		"There is no such account.",
		"해당하는 계정이 없습니다.",
	}
	textSetupDone = text{
		"There is an account already, so this link has no use any more. Sign in, or make an administrator with \"renewd user add NAME --role admin\".",
		"이미 계정이 있으므로 이 링크는 더 이상 사용할 수 없습니다. 로그인하거나, \"renewd user add NAME --role admin\" 명령으로 관리자 계정을 만들어 주십시오.",
	}
	textRevocationOwed = text{
		"The change is made, but not every session is signed out yet. Try again in a moment.",
		"변경은 완료되었지만 아직 모든 세션이 로그아웃되지 않았습니다. 잠시 후 다시 시도해 주십시오.",
	}
	textUnavailable = text{
		"The server cannot answer now. Try again in a moment.",
		"지금은 서버가 응답할 수 없습니다. 잠시 후 다시 시도해 주십시오.",
	}
	textInternal = text{
		"Something went wrong in the server. It was logged.",
		"서버에 문제가 발생했습니다. 문제는 기록되었습니다.",
	}
)
