namespace CimStore.Server.Http;

/// <summary>Marks routes that stay open: they have limits of their own, apart from the requests in flight.</summary>
internal sealed class FeedMarker;
