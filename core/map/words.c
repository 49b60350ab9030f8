/* words.c - names that mean the same, and values that show what they are. */
#include "core/map/words.h"

#include "core/base/near.h"
#include "core/base/str.h"
#include "core/map/instant.h"

#include <string.h>

/* Squeezed names, each line one meaning; its first word is the usual one. */
static const char *const groups[][12] = {
	{ "email", "mail", "emailaddress", "mailaddress", "emailaddr", "useremail", "contactemail",
	  "emailid" },
	{ "firstname", "fname", "first", "givenname", "given", "forename", "prename", "namefirst" },
	{ "lastname", "lname", "last", "surname", "familyname", "family", "namelast" },
	{ "name", "fullname", "displayname", "realname" },
	{ "phone", "tel", "telephone", "mobile", "phonenumber", "mobilephone", "mobilenumber",
	  "cell", "cellphone", "telno", "phoneno" },
	{ "postalcode", "zip", "zipcode", "postal", "postcode", "plz" },
	{ "createdat", "created", "createdon", "createddate", "creationdate", "datecreated",
	  "signup", "signupat", "signupdate", "signedupat", "registeredat", "joinedat" },
	{ "birthday", "birthdate", "dateofbirth", "dob", "birth" },
	{ "gender", "sex" },
	{ "street", "streetaddress", "address1", "addressline1", "addr1", "addressstreet" },
	{ "city", "town", "locality", "addresscity" },
	{ "state", "region", "province", "addressstate" },
	{ "country", "countrycode", "countryname", "addresscountry" },
	{ "companyname", "company", "organisation", "organization", "employer" },
	{ "website", "url", "homepage", "web", "websiteurl" },
	{ "avatar", "picture", "photo", "avatarurl", "pictureurl", "photourl", "profilepicture",
	  "image" },
	{ "title", "jobtitle", "position", "job" },
	{ "employees", "employeecount", "employeescount", "headcount", "numberofemployees" },
	{ "plan", "tier", "planname", "subscriptionplan" },
	{ "username", "login", "handle", "nickname", "nick" },
	{ "description", "bio", "about", "summary" },
	{ "logins", "logincount", "signins", "signincount" },
	{ "locale", "language", "lang" },
	{ "ip", "ipaddress", "ipaddr" },
	{ "timezone", "tz" },
	{ "revenue", "amount" },
	{ "quantity", "qty", "count" },
	{ "productid", "itemid" },
	{ "userid", "uid", "customerid", "memberid", "personid", "contactid", "user", "accountid",
	  "clientid" },
	{ "groupid", "accountid", "companyid", "organizationid", "organisationid", "orgid",
	  "teamid", "workspaceid", "tenantid" },
	{ "previousid", "oldid", "olduserid", "previoususerid", "fromid", "anonymousid" },
	{ "event", "eventname", "eventtype", "action" },
	{ "time", "timestamp", "occurredat", "eventtime", "eventat", "happenedat", "ts",
	  "createdat", "created", "datetime", "orderedat", "paidat" },
};

/* Words that say whose a field is, not which. */
static const char *const owners[] = { "user",   "customer", "contact", "person",
				      "client", "member",   "profile" };

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c & 0x80);
}

void
sl_squeeze(struct sl_str name, char out[SL_WORD_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < name.len && n < SL_WORD_MAX - 1; i++) {
		char c = name.ptr[i];
		if (is_letter(c))
			out[n++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	out[n] = '\0';
}

static bool
in_group(const char *const *group, const char *word)
{
	for (size_t i = 0; i < SL_COUNT(groups[0]) && group[i]; i++)
		if (strcmp(group[i], word) == 0)
			return true;
	return false;
}

bool
sl_means(const char *name, const char *meaning)
{
	for (size_t g = 0; g < SL_COUNT(groups); g++)
		if (strcmp(groups[g][0], meaning) == 0 && in_group(groups[g], name))
			return true;
	return false;
}

static bool
same_meaning(const char *a, const char *b)
{
	for (size_t g = 0; g < SL_COUNT(groups); g++)
		if (in_group(groups[g], a) && in_group(groups[g], b))
			return true;
	return false;
}

static const char *
without_owner(const char *name)
{
	for (size_t i = 0; i < SL_COUNT(owners); i++) {
		size_t n = strlen(owners[i]);
		if (strncmp(name, owners[i], n) == 0 && strlen(name) > n + 2)
			return name + n;
	}
	return name;
}

double
sl_alike(const char *a, const char *b)
{
	const char *x = without_owner(a), *y = without_owner(b);
	if (*a == '\0' || *b == '\0')
		return 0;
	if (strcmp(a, b) == 0)
		return 1;
	if (same_meaning(a, b))
		return 0.95;
	if (strcmp(x, y) == 0 || same_meaning(x, y))
		return 0.85;
	struct sl_near near = sl_near(x);
	size_t nx = strlen(x), ny = strlen(y);
	sl_near_try(&near, y);
	if (!near.best || nx < 4 || ny < 4)
		return 0;
	size_t longest = nx > ny ? nx : ny, shortest = nx > ny ? ny : nx;
	double cut = (double)shortest / (double)longest;
	return 0.8 * (1 - (double)near.distance / (double)longest) * cut;
}

/* ---- values ---------------------------------------------------------------------------------- */

static bool
is_email(struct sl_str s)
{
	const char *at = memchr(s.ptr, '@', s.len);
	size_t before = at ? (size_t)(at - s.ptr) : 0, after = at ? s.len - before - 1 : 0;
	return before > 0 && after > 2 && memchr(at + 1, '.', after) &&
	       !memchr(at + 1, '@', after) && !memchr(s.ptr, ' ', s.len);
}

static bool
is_phone(struct sl_str s)
{
	size_t digits = 0, marks = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] >= '0' && s.ptr[i] <= '9')
			digits++;
		else if (strchr(" -()./", s.ptr[i]) && s.ptr[i] != '\0')
			marks++;
		else if (s.ptr[i] != '+' || i > 0)
			return false;
	}
	bool dressed = s.len > 0 && (s.ptr[0] == '+' || s.ptr[0] == '0' || s.ptr[0] == '(');
	return digits >= 7 && digits <= 15 && marks <= digits && dressed;
}

static bool
is_url(struct sl_str s)
{
	return (s.len > 8 && memcmp(s.ptr, "https://", 8) == 0) ||
	       (s.len > 7 && memcmp(s.ptr, "http://", 7) == 0);
}

static enum sl_look
look_at(struct sl_str s)
{
	int64_t us;
	if (sl_instant_read(s, &us))
		return SL_LOOK_TIME;
	if (is_email(s))
		return SL_LOOK_EMAIL;
	if (is_url(s))
		return SL_LOOK_URL;
	return is_phone(s) ? SL_LOOK_PHONE : SL_LOOK_NONE;
}

enum sl_look
sl_look_of(const struct sl_value *sample, uint32_t nrows, uint32_t ncols, uint32_t col,
	   uint32_t *seen)
{
	uint32_t count[SL_LOOK_TIME + 1] = { 0 };
	*seen = 0;
	for (uint32_t i = 0; sample && i < nrows; i++) {
		const struct sl_value *v = &sample[(size_t)i * ncols + col];
		struct sl_str s = sl_str_trim((struct sl_str){ v->ptr, v->len });
		if (v->type != SL_T_TEXT || s.len == 0)
			continue;
		(*seen)++;
		count[look_at(s)]++;
	}
	for (uint32_t look = SL_LOOK_EMAIL; look <= SL_LOOK_TIME; look++)
		if (count[look] > 0 && count[look] * 5 >= *seen * 4)
			return (enum sl_look)look;
	return SL_LOOK_NONE;
}

const char *
sl_look_text(enum sl_look look)
{
	static const char *const texts[] = { "anything", "e-mail addresses", "phone numbers",
					     "web addresses", "times" };
	return texts[look];
}
