// Serves orders, which are CloudEvents, and says so by CloudEvents.

#include <wasi_cloud.h>
#include <wasi_cloud/cloudevents.h>

static wcl_status serve(const char *order) {
  wcl_client client = {0};
  wcl_message served;
  wcl_status status = wcl_cloudevent_new(order, "/kitchen", "com.example.served", NULL, 0, &served);
  if (!status) status = wcl_client_connect("default", &client);
  if (!status) status = wcl_client_send(&client, "served", &served);
  wcl_client_close(&client);
  wcl_message_close(&served);
  return status;
}

WCL_ON_MESSAGE("orders", message) {
  wcl_str_pairs order;
  wcl_status status = wcl_cloudevent_attributes(message, &order);
  if (!status) status = serve(wcl_cloudevent_attribute(&order, "id")->ptr);
  wcl_str_pairs_free(&order);
  return status;
}
