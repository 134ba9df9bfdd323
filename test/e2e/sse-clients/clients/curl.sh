# usage: curl.sh url key last-event-id
url=$1 key=$2 last=$3
echo connecting
curl -sSN "$url" -H "Authorization: Bearer $key" -H "Last-Event-ID: $last" | while IFS= read -r line; do
  case $line in
    'id: '*) id=${line#id: } ;;
    'event: '*) event=${line#event: } ;;
    'data: '*) printf '%s\t%s\t%s\n' "$event" "$id" "${line#data: }" ;;
  esac
done
