namespace CimStore.Server.Http;

/// <summary>Marks routes that stay open: they count against the feeds, not against the requests in flight.</summary>
internal sealed class FeedMarker;
