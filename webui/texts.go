package webui

// text is one text in every language.
type text struct{ en, ko string }

func (t text) in(l lang) string {
	if l == korean {
		return t.ko
	}
	return t.en
}

// texts are all the texts of the pages. Those whose key starts with "script."
// travel with the page to its script, which fills in what stands in braces.
var texts = map[string]text{
	"noscript":      {"This page needs JavaScript.", "이 페이지를 사용하려면 자바스크립트가 필요합니다."},
	"username":      {"Username", "사용자 이름"},
	"password":      {"Password", "비밀번호"},
	"password.show": {"Show password", "비밀번호 표시"},

	"login.title":         {"Sign in", "로그인"},
	"login.remember":      {"Keep me signed in", "로그인 상태 유지"},
	"login.remember.hint": {"Choose this only on a device that is yours.", "혼자 사용하는 기기에서만 선택하십시오."},
	"login.submit":        {"Sign in", "로그인"},

	"setup.title":   {"Create the administrator", "관리자 계정 만들기"},
	"setup.intro":   {"This is the first account. It gets the role admin.", "첫 번째 계정이며 admin 역할을 받습니다."},
	"setup.repeat":  {"Password again", "비밀번호 확인"},
	"setup.submit":  {"Create and sign in", "계정을 만들고 로그인"},
	"setup.nolink":  {"This page opens with a one-time link", "일회용 링크가 필요한 페이지입니다"},
	"setup.where":   {"The server prints the link when it starts and has no account yet. Open the whole link, up to its last character.", "계정이 하나도 없는 상태로 서버를 시작하면 링크가 출력됩니다. 링크를 마지막 글자까지 모두 복사하여 여십시오."},
	"setup.command": {"Or create the account on the server with this command:", "또는 서버에서 다음 명령으로 계정을 만드십시오."},
	"setup.login":   {"I have an account: sign in", "이미 계정이 있습니다. 로그인하기"},

	"dashboard.title":            {"My sessions", "내 세션"},
	"dashboard.signed-in-as":     {"Signed in as", "로그인한 사용자"},
	"dashboard.signed-in-at":     {"Signed in", "로그인 시각"},
	"dashboard.ends-unused":      {"Ends if not used", "사용하지 않으면 종료"},
	"dashboard.ends-at":          {"Ends at the latest", "늦어도 종료되는 시각"},
	"dashboard.roles":            {"Roles", "역할"},
	"dashboard.token":            {"Access token", "액세스 토큰"},
	"dashboard.token.left":       {"Time left", "남은 시간"},
	"dashboard.token.about":      {"It is renewed by itself before it runs out, while this page is visible.", "이 페이지가 보이는 동안에는 만료되기 전에 자동으로 갱신됩니다."},
	"dashboard.renew":            {"Renew now", "지금 갱신"},
	"dashboard.sessions.about":   {"Every device where you are signed in. Sign out what you do not recognize.", "로그인되어 있는 모든 기기입니다. 모르는 기기가 있으면 로그아웃하십시오."},
	"dashboard.current":          {"This device", "이 기기"},
	"dashboard.sign-out":         {"Sign out", "로그아웃"},
	"dashboard.sign-out-all":     {"Sign out everywhere", "모든 기기에서 로그아웃"},
	"dashboard.confirm":          {"Sign out everywhere?", "모든 기기에서 로그아웃하시겠습니까?"},
	"dashboard.confirm.about":    {"All your sessions end at once, this one too. You will have to sign in again on every device.", "이 기기를 포함한 모든 세션이 즉시 종료됩니다. 기기마다 다시 로그인해야 합니다."},
	"dashboard.confirm.cancel":   {"Cancel", "취소"},
	"dashboard.confirm.sign-out": {"Sign out everywhere", "모두 로그아웃"},

	"script.network":     {"The server cannot be reached. Check your connection and try again.", "서버에 연결할 수 없습니다. 연결 상태를 확인하고 다시 시도하십시오."},
	"script.server":      {"The server cannot answer right now. Try again in a moment.", "지금은 서버가 응답할 수 없습니다. 잠시 후 다시 시도하십시오."},
	"script.offline":     {"No connection. You stay signed in; trying again…", "연결이 끊겼습니다. 로그인은 유지되며 다시 시도하고 있습니다…"},
	"script.unavailable": {"The server is busy. You stay signed in; trying again…", "서버가 응답하지 않습니다. 로그인은 유지되며 다시 시도하고 있습니다…"},

	"script.notice.expired":    {"Your session has expired. Please sign in again.", "세션이 만료되었습니다. 다시 로그인해 주십시오."},
	"script.notice.reuse":      {"Your session was ended to protect you: one of its sign-in tokens was used twice, so it may have been copied. Please sign in again. If you did not expect this, change your password.", "회원님을 보호하기 위해 세션을 종료했습니다. 세션의 로그인 토큰이 두 번 사용되어 복사되었을 가능성이 있습니다. 다시 로그인해 주십시오. 예상하지 못한 일이라면 비밀번호를 변경하십시오."},
	"script.notice.revoked":    {"This session was signed out from elsewhere, or by an administrator. Please sign in again.", "다른 기기에서 로그아웃했거나 관리자가 세션을 종료했습니다. 다시 로그인해 주십시오."},
	"script.notice.invalid":    {"Your session is no longer valid. Please sign in again.", "세션이 더 이상 유효하지 않습니다. 다시 로그인해 주십시오."},
	"script.notice.signed_out": {"You are signed out.", "로그아웃되었습니다."},
	"script.notice.everywhere": {"You are signed out everywhere.", "모든 기기에서 로그아웃되었습니다."},

	"script.checking":       {"You are still signed in. One moment…", "로그인 상태입니다. 잠시만 기다려 주십시오…"},
	"script.signing-in":     {"Signing in…", "로그인하는 중…"},
	"script.creating":       {"Creating the account…", "계정을 만드는 중…"},
	"script.mismatch":       {"The two passwords are not the same.", "두 비밀번호가 일치하지 않습니다."},
	"script.notice.created": {"The account was created. Please sign in.", "계정이 만들어졌습니다. 로그인해 주십시오."},
	"script.device":         {"Unknown device", "알 수 없는 기기"},
	"script.renewed.never":  {"Not renewed yet since you opened this page.", "이 페이지를 연 뒤로 아직 갱신되지 않았습니다."},
	"script.renewed.times":  {"Renewed since you opened this page: {count}. Last at {time}.", "이 페이지를 연 뒤 갱신 횟수: {count}회. 마지막 갱신: {time}"},
	"script.expired":        {"expired", "만료됨"},
	"script.now":            {"just now", "방금"},
	"script.used.now":       {"Used in the last half hour", "최근 30분 안에 사용"},
	"script.used":           {"Last used {time}", "마지막 사용: {time}"},
	"script.signed-in":      {"Signed in {time}", "로그인: {time}"},
	"script.sign-out":       {"Sign out {device}, {address}", "{device}, {address}에서 로그아웃"},
	"script.signed-out":     {"{device} is signed out.", "{device}에서 로그아웃했습니다."},
}
