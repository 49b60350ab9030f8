/* fields.c - the fields that RudderStack and Segment know by name, per kind of event. */
#include "core/dest/fields.h"

#include <string.h>

/* clang-format off: a row is a field */
#define IDENTITY                                                                                   \
	{ "userId", "string", false,                                                               \
	  "Id of the user in your own systems; this or anonymousId must be set." },                \
	{                                                                                          \
		"anonymousId", "string", false,                                                    \
			"Id of a visitor who is not known yet; this or userId must be set."        \
	}

#define COMMON                                                                                     \
	{ "timestamp", "datetime", false,                                                          \
	  "When it happened; left out: when it is sent. Set it for history." },                    \
		{ "context.ip", "string", false, "IP address of the user." },                      \
		{ "context.locale", "string", false, "Language and country, as en-US." },          \
		{ "context.timezone", "string", false,                                             \
		  "Time zone of the user, as Europe/Berlin." },                                    \
		{ "context.userAgent", "string", false, "Browser or device that the user had." },  \
		{ "context.campaign.name", "string", false, "Campaign (utm_campaign)." },          \
		{ "context.campaign.source", "string", false,                                      \
		  "Where the user came from (utm_source)." },                                      \
		{ "context.campaign.medium", "string", false,                                      \
		  "Kind of the campaign (utm_medium)." },                                          \
		{ "context.campaign.term", "string", false,                                        \
		  "Search term of the campaign (utm_term)." },                                     \
		{ "context.campaign.content", "string", false,                                     \
		  "Version of the advertisement (utm_content)." },                                 \
		{ "context.device.id", "string", false, "Id of the device." },                     \
		{ "context.device.advertisingId", "string", false,                                 \
		  "Advertising id of the device." },                                               \
		{ "context.groupId", "string", false, "Group that the user acts for." },           \
		{ "integrations.All", "boolean", false,                                            \
		  "false: to no destination but those named beside it." },                         \
	{                                                                                          \
		"integrations.*", "any", false, "true or false for one destination by its name."   \
	}

static const struct sl_field identify[] = {
	IDENTITY,
	{ "traits.email", "string", false, "E-mail address." },
	{ "traits.firstName", "string", false, "First name." },
	{ "traits.lastName", "string", false, "Last name." },
	{ "traits.name", "string", false,
	  "Full name; made of first and last name where it is missing." },
	{ "traits.phone", "string", false, "Phone number, best as +4930123456." },
	{ "traits.username", "string", false, "Name that the user signs in with." },
	{ "traits.id", "string", false, "Id in your database, where userId is something else." },
	{ "traits.createdAt", "datetime", false, "When the account was made." },
	{ "traits.birthday", "datetime", false, "Birthday." },
	{ "traits.age", "number", false, "Age in years." },
	{ "traits.gender", "string", false, "Gender." },
	{ "traits.title", "string", false, "Title or position, as VP Engineering." },
	{ "traits.description", "string", false, "A few words about the user." },
	{ "traits.avatar", "string", false, "URL of a picture." },
	{ "traits.website", "string", false, "Web site of the user." },
	{ "traits.plan", "string", false, "Plan that the user is on." },
	{ "traits.logins", "number", false, "How often the user has signed in." },
	{ "traits.address", "object", false, "Address as one object." },
	{ "traits.address.street", "string", false, "Street and number." },
	{ "traits.address.city", "string", false, "City." },
	{ "traits.address.state", "string", false, "State or region." },
	{ "traits.address.postalCode", "string", false, "Postal code; text, it may begin with 0." },
	{ "traits.address.country", "string", false, "Country." },
	{ "traits.company", "object", false, "Company as one object." },
	{ "traits.company.id", "string", false, "Id of the company." },
	{ "traits.company.name", "string", false, "Name of the company." },
	{ "traits.company.industry", "string", false, "Industry of the company." },
	{ "traits.company.employee_count", "number", false, "Number of employees." },
	{ "traits.company.plan", "string", false, "Plan that the company is on." },
	{ "traits.*", "any", false, "Anything else that is known of the user." },
	COMMON,
};

static const struct sl_field track[] = {
	{ "event", "string", true,
	  "What the user did: a constant ('Order Completed') or a column." },
	IDENTITY,
	{ "properties.revenue", "number", false, "Money earned by it, as a decimal." },
	{ "properties.currency", "string", false,
	  "Currency of revenue and value (ISO 4217, EUR)." },
	{ "properties.value", "number", false, "Worth of it where no money was earned." },
	{ "properties.order_id", "string", false, "Order that it belongs to." },
	{ "properties.total", "number", false, "Whole amount with tax and shipping." },
	{ "properties.tax", "number", false, "Tax within it." },
	{ "properties.shipping", "number", false, "Cost of shipping." },
	{ "properties.discount", "number", false, "Discount that was given." },
	{ "properties.coupon", "string", false, "Coupon that was used." },
	{ "properties.products", "array", false, "Products of the order, one object each." },
	{ "properties.product_id", "string", false, "Product that it is about." },
	{ "properties.sku", "string", false, "Stock number of the product." },
	{ "properties.name", "string", false, "Name of the product." },
	{ "properties.category", "string", false, "Category of the product or event." },
	{ "properties.brand", "string", false, "Brand of the product." },
	{ "properties.price", "number", false, "Price of one piece." },
	{ "properties.quantity", "number", false, "How many." },
	{ "properties.*", "any", false, "Anything else about what happened." },
	{ "context.traits.email", "string", false,
	  "E-mail address, for destinations that want it with the event." },
	COMMON,
};

static const struct sl_field group[] = {
	{ "groupId", "string", true, "Id of the company, team or account." },
	IDENTITY,
	{ "traits.name", "string", false, "Name of the group." },
	{ "traits.industry", "string", false, "Industry that it works in." },
	{ "traits.employees", "number", false, "Number of employees." },
	{ "traits.plan", "string", false, "Plan that it is on." },
	{ "traits.email", "string", false, "E-mail address of the group." },
	{ "traits.phone", "string", false, "Phone number of the group." },
	{ "traits.website", "string", false, "Web site of the group." },
	{ "traits.description", "string", false, "A few words about the group." },
	{ "traits.avatar", "string", false, "URL of a picture." },
	{ "traits.id", "string", false, "Id in your database, where groupId is something else." },
	{ "traits.createdAt", "datetime", false, "When the group's account was made." },
	{ "traits.address", "object", false, "Address as one object." },
	{ "traits.address.street", "string", false, "Street and number." },
	{ "traits.address.city", "string", false, "City." },
	{ "traits.address.state", "string", false, "State or region." },
	{ "traits.address.postalCode", "string", false, "Postal code; text, it may begin with 0." },
	{ "traits.address.country", "string", false, "Country." },
	{ "traits.*", "any", false, "Anything else that is known of the group." },
	COMMON,
};

static const struct sl_field page[] = {
	{ "name", "string", true, "Name of the page, as Pricing." },
	IDENTITY,
	{ "category", "string", false, "Section that the page belongs to." },
	{ "properties.url", "string", false, "Whole address of the page." },
	{ "properties.path", "string", false, "Path within the site." },
	{ "properties.title", "string", false, "Title of the page." },
	{ "properties.referrer", "string", false, "Page before this one." },
	{ "properties.search", "string", false, "Query of the address, with its question mark." },
	{ "properties.keywords", "array", false, "Keywords of the page." },
	{ "properties.*", "any", false, "Anything else about the page." },
	COMMON,
};

static const struct sl_field screen[] = {
	{ "name", "string", true, "Name of the screen of the app." },
	IDENTITY,
	{ "category", "string", false, "Part of the app that the screen belongs to." },
	{ "properties.title", "string", false, "Title of the screen." },
	{ "properties.*", "any", false, "Anything else about the screen." },
	COMMON,
};

static const struct sl_field alias[] = {
	{ "userId", "string", true, "The id that stays." },
	{ "previousId", "string", true, "The id that the user had before." },
	COMMON,
};

static const struct sl_field record[] = {
	{ "identifiers.*", "any", true,
	  "What finds the object at the destination; at least one, text or number." },
	{ "identifiers.email", "string", false, "Find it by e-mail address." },
	{ "identifiers.id", "string", false, "Find it by its id there." },
	{ "identifiers.user_id", "string", false, "Find it by the user's id." },
	{ "identifiers.phone", "string", false, "Find it by phone number." },
	{ "recordId", "string", false, "Id of the row, told with failures; left out: the key." },
	{ "fields.*", "any", false, "A field of the object, by the destination's own name." },
	{ "fields.email", "string", false, "E-mail address." },
	{ "fields.first_name", "string", false, "First name." },
	{ "fields.last_name", "string", false, "Last name." },
	{ "fields.name", "string", false, "Name." },
	{ "fields.phone", "string", false, "Phone number." },
	{ "fields.company", "string", false, "Company." },
	{ "fields.city", "string", false, "City." },
	{ "fields.country", "string", false, "Country." },
	{ "fields.created_at", "datetime", false, "When the object was made." },
};

static const struct sl_field row[] = {
	{ "*", "any", false, "A field of the row, by any name; dots make objects." },
};
/* clang-format on */

const struct sl_field *
sl_event_fields(const char *event_type, size_t *n)
{
	static const struct {
		const char *type;
		const struct sl_field *fields;
		size_t n;
	} all[] = {
		{ "identify", identify, SL_COUNT(identify) }, { "track", track, SL_COUNT(track) },
		{ "group", group, SL_COUNT(group) },          { "page", page, SL_COUNT(page) },
		{ "screen", screen, SL_COUNT(screen) },       { "alias", alias, SL_COUNT(alias) },
		{ "record", record, SL_COUNT(record) },       { "row", row, SL_COUNT(row) },
	};

	for (size_t i = 0; i < SL_COUNT(all); i++) {
		if (strcmp(all[i].type, event_type) == 0) {
			*n = all[i].n;
			return all[i].fields;
		}
	}
	*n = 0;
	return NULL;
}
